//! Two ends, and a network between them that loses and reorders.

use std::time::Duration;

use super::connection::{Connection, TcpSettings};
use super::segment::Segment;
use super::state::State;
use crate::dist::Distribution;
use crate::net::congestion::{Congestion, Reno};
use crate::network::{Network, NodeId, Outbox, Process, Trace};
use crate::rng::Rng;

/// Simulated time after which a run is cut off, in milliseconds: a day.
const END: f64 = 86_400_000.0;

/// A client that sends to a server, over a path that loses, delays and reorders.
///
/// # Complexity
///
/// About a million segments per second. Nothing but the seed decides what is lost and what is late.
///
/// # Examples
///
/// ```
/// use lessons::net::Transfer;
///
/// let data = b"each byte once, and in order".repeat(1_000);
/// let run = Transfer { loss: 0.3, ..Transfer::default() }.run(&data);
/// assert_eq!(run.received, data);
/// assert!(run.repeated > 0);
/// ```
#[derive(Clone, Debug)]
pub struct Transfer {
    /// The round trip when nothing is late, in milliseconds.
    pub round_trip_ms: f64,
    /// How much later a segment may arrive, in milliseconds: a random share of it, so that segments overtake.
    pub jitter_ms: f64,
    /// The probability that a segment is lost, in each direction.
    pub loss: f64,
    /// The most data in a segment, in bytes.
    pub segment: u32,
    /// How many bytes the server takes beyond what it has in order.
    pub receive_window: u32,
    /// Who decides how much may be under way.
    pub control: Box<dyn Congestion>,
    /// Which segments are lost or late.
    pub seed: u64,
}

impl Default for Transfer {
    /// A path with 50 ms of round trip and no loss, segments of 1,460 bytes, a window of 1 MB, and Reno.
    fn default() -> Self {
        Self {
            round_trip_ms: 50.0,
            jitter_ms: 0.0,
            loss: 0.0,
            segment: 1_460,
            receive_window: 1 << 20,
            control: Box::new(Reno::new()),
            seed: 35,
        }
    }
}

/// What a transfer came to.
#[derive(Clone, Debug)]
pub struct Transferred {
    /// What the server's application was given.
    pub received: Vec<u8>,
    /// When it had everything, in milliseconds since the client's SYN; `None` when it never had.
    pub finished_ms: Option<f64>,
    /// Segments that the client sent again.
    pub repeated: u64,
    /// How many times the client's timer expired.
    pub timeouts: u64,
    /// The last states of client and server.
    pub states: (State, State),
    /// The segments, the first 2,000 of them.
    pub trace: Trace,
}

impl Transfer {
    /// Connects, sends the data, closes on both sides, and waits until nothing is under way.
    pub fn run(&self, data: &[u8]) -> Transferred {
        let settings = |initial_sequence| TcpSettings {
            initial_sequence,
            segment: self.segment,
            receive_window: self.receive_window,
            control: self.control.clone(),
            ..TcpSettings::default()
        };
        // Small first numbers, so that a trace can be read.
        let mut client = Connection::connect(&settings(100));
        // It is being opened, so it takes both.
        let _ = client.send(data);
        client.close();
        let server = Connection::listen(&settings(300));
        let host =
            |connection, expects| Host { connection, expects, finished: None, rings_at: f64::INFINITY };
        let mut network = Network::new(vec![host(client, usize::MAX), host(server, data.len())], self.seed);
        network.set_names(vec!["client".into(), "server".into()]);
        network.set_delay(Delay { least: self.round_trip_ms / 2.0, jitter: self.jitter_ms });
        network.set_loss(self.loss);
        network.wake_after(0, 0.0, 0);
        network.run_until(END);
        let (hosts, trace) = network.into_parts();
        let (client, server) = (&hosts[0], &hosts[1]);
        let (repeated, timeouts) = client.connection.repeats();
        Transferred {
            received: server.connection.received().to_vec(),
            finished_ms: server.finished,
            repeated,
            timeouts,
            states: (client.connection.state(), server.connection.state()),
            trace,
        }
    }
}

/// At least so long, and a random share of the jitter more.
struct Delay {
    least: f64,
    jitter: f64,
}

impl Distribution for Delay {
    fn sample(&self, rng: &mut Rng) -> f64 {
        self.least + self.jitter * rng.next_f64()
    }

    fn mean(&self) -> f64 {
        self.least + self.jitter / 2.0
    }
}

/// A connection on a node of a network; times there are milliseconds.
#[derive(Debug)]
struct Host {
    connection: Connection,
    /// How much data is all.
    expects: usize,
    finished: Option<f64>,
    /// When the earliest timer rings that the network knows of.
    rings_at: f64,
}

impl Host {
    fn act(&mut self, out: &mut Outbox<Segment>) {
        let now = time(out.now());
        if self.finished.is_none() && self.connection.received().len() >= self.expects {
            self.finished = Some(out.now());
        }
        // The server has nothing to say, and closes when the client has.
        if self.connection.state() == State::CloseWait {
            self.connection.close();
        }
        for segment in self.connection.poll(now) {
            out.send(1 - out.node(), segment);
        }
        if let Some(deadline) = self.connection.deadline() {
            let at = deadline.as_secs_f64() * 1e3;
            if at < self.rings_at {
                self.rings_at = at;
                out.wake_after((at - out.now()).max(0.0), 0);
            }
        }
    }
}

/// Network time as a `Duration`.
fn time(ms: f64) -> Duration {
    Duration::from_secs_f64(ms / 1e3)
}

impl Process for Host {
    type Message = Segment;

    fn receive(&mut self, _: NodeId, segment: Segment, out: &mut Outbox<Segment>) {
        self.connection.receive(time(out.now()), &segment);
        self.act(out);
    }

    fn wake(&mut self, _: u64, out: &mut Outbox<Segment>) {
        self.rings_at = f64::INFINITY;
        // A rounding of the clock must not make a timer ring just before it is due.
        self.connection.tick(time(out.now()) + Duration::from_nanos(2));
        self.act(out);
    }
}
