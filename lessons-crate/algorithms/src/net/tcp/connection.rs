//! One end of a connection.

use std::time::Duration;

use super::receive::Receive;
use super::segment::Segment;
use super::send::{Piece, Send};
use super::state::{State, TcpEvent};
use crate::net::congestion::{Congestion, Reno};
use crate::net::packet::TcpFlags;
use crate::net::rto::RtoEstimator;

/// After so many timeouts in a row nobody is believed to be there (Linux: `tcp_retries2`).
const TIMEOUTS_MAX: u32 = 15;

/// What an end is set to.
#[derive(Clone, Debug)]
pub struct TcpSettings {
    /// The number of the SYN. Real ones are unpredictable (RFC 6528), so that nobody can forge a segment.
    pub initial_sequence: u32,
    /// The most data in a segment, in bytes.
    pub segment: u32,
    /// How many bytes beyond what it has in order it takes.
    pub receive_window: u32,
    /// How long it stays in TIME-WAIT: twice the life of a segment; 60 s in Linux.
    pub time_wait: Duration,
    /// The least retransmission timeout: one second in RFC 6298, 0.2 s in Linux.
    pub least_timeout: Duration,
    /// Who decides how much may be under way.
    pub control: Box<dyn Congestion>,
}

impl Default for TcpSettings {
    fn default() -> Self {
        Self {
            initial_sequence: 0,
            segment: 1_460,
            receive_window: 65_535,
            time_wait: Duration::from_secs(60),
            least_timeout: Duration::from_secs(1),
            control: Box::new(Reno::new()),
        }
    }
}

/// Why the application's call makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TcpError {
    /// Data after the end.
    #[error("nothing can be sent in {0}: this side has closed, or there is no connection")]
    NotOpen(State),
}

/// One end of a TCP connection: a state machine without a socket and without a clock.
///
/// Give it what comes with [`receive`](Self::receive) and the time with [`tick`](Self::tick), and send what
/// [`poll`](Self::poll) returns. It delivers each byte once and in order, whatever is lost, repeated or overtaken.
///
/// # Complexity
///
/// O(segments under way) for each segment; memory is the data that is not acknowledged, and one window of data that
/// came early.
///
/// # Examples
///
/// ```
/// use lessons::net::{Connection, State, TcpSettings};
/// use std::time::Duration;
///
/// let (settings, now) = (TcpSettings::default(), Duration::ZERO);
/// let (mut client, mut server) = (Connection::connect(&settings), Connection::listen(&settings));
/// client.send(b"hello")?;
/// for _ in 0..3 {
///     client.poll(now).iter().for_each(|segment| server.receive(now, segment));
///     server.poll(now).iter().for_each(|segment| client.receive(now, segment));
/// }
/// assert_eq!(server.received(), b"hello");
/// assert_eq!(client.state(), State::Established);
/// # Ok::<(), lessons::net::TcpError>(())
/// ```
///
/// # Sources
///
/// W. Eddy (ed.), "Transmission Control Protocol", RFC 9293, 2022. M. Mathis, J. Mahdavi, S. Floyd and A. Romanow, "TCP
/// Selective Acknowledgment Options", RFC 2018, 1996. E. Blanton et al., RFC 6675 (loss recovery by them), 2012; here
/// simplified: the order of transmission decides what came later. A. Ramaiah, R. Stewart and M. Dalal, RFC 5961
/// (resets and SYNs that somebody else may have forged), 2010.
#[derive(Clone, Debug)]
pub struct Connection {
    state: State,
    send: Send,
    receive: Receive,
    /// An acknowledgment is owed.
    owes: bool,
    /// A reset is owed, with this number.
    reset: Option<u32>,
    /// The application has closed before the connection was open.
    closes: bool,
    time_wait: Duration,
    wait_until: Option<Duration>,
}

impl Connection {
    /// The end that begins: its first [`poll`](Self::poll) gives a SYN.
    pub fn connect(settings: &TcpSettings) -> Self {
        Self::new(settings, TcpEvent::Connect)
    }

    /// The end that waits for a SYN.
    pub fn listen(settings: &TcpSettings) -> Self {
        Self::new(settings, TcpEvent::Listen)
    }

    fn new(settings: &TcpSettings, event: TcpEvent) -> Self {
        let rto = RtoEstimator::new().with_floor(settings.least_timeout);
        let send = Send::new(settings.initial_sequence, settings.segment, settings.control.clone(), rto);
        Self {
            state: State::Closed.after(event).unwrap_or(State::Closed),
            send,
            receive: Receive::new(settings.receive_window),
            owes: false,
            reset: None,
            closes: false,
            time_wait: settings.time_wait,
            wait_until: None,
        }
    }

    /// Queues data. It is sent when the connection is open and the windows allow.
    ///
    /// # Errors
    ///
    /// When this side has closed, or there is no connection.
    pub fn send(&mut self, data: &[u8]) -> Result<(), TcpError> {
        let before = matches!(self.state, State::Listen | State::SynSent | State::SynReceived);
        if self.closes || !(before || matches!(self.state, State::Established | State::CloseWait)) {
            return Err(TcpError::NotOpen(self.state));
        }
        self.send.queue(data);
        Ok(())
    }

    /// Ends this direction after what is queued. The other may still send.
    pub fn close(&mut self) {
        if matches!(self.state, State::SynSent | State::SynReceived) {
            self.closes = true;
        } else if let Some(state) = self.state.after(TcpEvent::Close) {
            self.send.close();
            self.state = state;
        }
    }

    /// Takes a segment.
    pub fn receive(&mut self, now: Duration, segment: &Segment) {
        let flags = segment.flags;
        match self.state {
            State::Closed => self.reset = (!flags.rst).then_some(segment.acknowledgment),
            State::Listen if flags.rst => {}
            State::Listen if flags.ack => self.reset = Some(segment.acknowledgment),
            State::Listen if flags.syn => {
                self.receive.start(segment.sequence);
                self.send.window = u64::from(segment.window);
                self.happen(now, TcpEvent::Syn);
            }
            State::Listen => {}
            State::SynSent => self.answered(now, segment),
            _ => self.synchronized(now, segment),
        }
    }

    /// A segment while only our SYN is known.
    fn answered(&mut self, now: Duration, segment: &Segment) {
        let flags = segment.flags;
        let right = segment.acknowledgment == self.send.number(1)
            && self.send.acknowledges(segment.acknowledgment).is_some();
        if flags.ack && !right {
            self.reset = (!flags.rst).then_some(segment.acknowledgment);
        } else if flags.rst {
            // Nobody listens there. Without an acknowledgment anybody could have sent it.
            if flags.ack {
                self.happen(now, TcpEvent::Reset);
            }
        } else if flags.syn {
            self.receive.start(segment.sequence);
            self.send.window = u64::from(segment.window);
            self.owes = true;
            if flags.ack {
                self.send.acknowledged(now, 1, &[]);
                self.happen(now, TcpEvent::SynAck);
                self.close_if_asked();
            } else {
                self.happen(now, TcpEvent::Syn);
                self.send.repeat_syn();
            }
        }
    }

    /// A segment when both first numbers are known.
    fn synchronized(&mut self, now: Duration, segment: &Segment) {
        let flags = segment.flags;
        let Some(start) = self.receive.place(segment.sequence) else { return };
        if flags.rst {
            // Only with exactly the number that is expected; else it may be forged, and is asked about.
            if start == self.receive.next {
                self.happen(now, TcpEvent::Reset);
            } else {
                self.owes = true;
            }
            return;
        }
        // Who opens at the same time as we do acknowledges our SYN with its own, which we know already.
        let both_open = self.state == State::SynReceived && flags.ack && start == 0;
        if flags.syn && !both_open {
            // An old SYN, or a forged one: say what is expected. A real restart answers that with a reset.
            self.owes = true;
            if self.state == State::SynReceived {
                self.send.repeat_syn();
            }
            return;
        }
        if !flags.ack {
            return;
        }
        let Some(at) = self.send.acknowledges(segment.acknowledgment) else {
            // Of something that was never sent.
            self.owes = true;
            return;
        };
        self.send.acknowledged(now, at, &segment.sack);
        self.send.window = u64::from(segment.window);
        if self.state == State::SynReceived && self.send.is_open() {
            self.happen(now, TcpEvent::SynAcknowledged);
            self.close_if_asked();
        }
        if self.state == State::SynReceived {
            return;
        }
        if self.send.is_ended() {
            self.happen(now, TcpEvent::FinAcknowledged);
        }
        if !segment.data.is_empty() || flags.fin {
            self.owes = true;
            self.receive.data(start, &segment.data);
            if flags.fin {
                self.receive.fin(start + segment.data.len() as u64);
            }
            if self.receive.ends() {
                self.happen(now, TcpEvent::Fin);
            } else if flags.fin && self.state == State::TimeWait {
                // Our last acknowledgment was lost: wait from the beginning.
                self.wait_until = Some(now + self.time_wait);
            }
        }
    }

    fn close_if_asked(&mut self) {
        if std::mem::take(&mut self.closes) {
            self.close();
        }
    }

    fn happen(&mut self, now: Duration, event: TcpEvent) {
        let Some(state) = self.state.after(event) else { return };
        self.state = state;
        if state == State::TimeWait {
            self.wait_until = Some(now + self.time_wait);
        }
        if state == State::Closed {
            (self.send.timer, self.wait_until, self.owes) = (None, None, false);
        }
    }

    /// Lets timers ring that are due.
    pub fn tick(&mut self, now: Duration) {
        if self.wait_until.is_some_and(|until| until <= now) {
            self.happen(now, TcpEvent::WaitOver);
        }
        if self.send.timer.is_some_and(|timer| timer <= now) {
            self.send.timed_out(now);
            if self.send.timeouts_in_a_row > TIMEOUTS_MAX {
                self.happen(now, TcpEvent::Reset);
            }
        }
    }

    /// What is to be sent now.
    pub fn poll(&mut self, now: Duration) -> Vec<Segment> {
        if let Some(number) = self.reset.take() {
            let flags = TcpFlags { rst: true, ..TcpFlags::default() };
            return vec![Segment { sequence: number, flags, ..Segment::default() }];
        }
        if matches!(self.state, State::Closed | State::Listen) {
            return Vec::new();
        }
        let pieces = self.send.pieces(now, self.state.sends());
        let mut segments: Vec<Segment> = pieces.into_iter().map(|piece| self.segment(piece)).collect();
        if std::mem::take(&mut self.owes) && segments.is_empty() {
            let flags = TcpFlags { ack: true, ..TcpFlags::default() };
            let sequence = self.send.next_number();
            segments.push(Segment { sequence, flags, ..self.blank() });
        }
        segments
    }

    fn segment(&self, piece: Piece) -> Segment {
        // Only a SYN that begins everything has nothing to acknowledge.
        let ack = self.state != State::SynSent;
        let flags = TcpFlags { syn: piece.syn, fin: piece.fin, ack, ..TcpFlags::default() };
        Segment { sequence: self.send.number(piece.start), flags, data: piece.data, ..self.blank() }
    }

    /// What every segment says.
    fn blank(&self) -> Segment {
        Segment {
            acknowledgment: if self.state == State::SynSent { 0 } else { self.receive.acknowledgment() },
            window: self.receive.capacity(),
            sack: self.receive.sack(),
            ..Segment::default()
        }
    }

    /// When [`tick`](Self::tick) must be called next, if nothing comes before.
    pub fn deadline(&self) -> Option<Duration> {
        self.send.timer.into_iter().chain(self.wait_until).min()
    }

    /// In which state it is.
    pub fn state(&self) -> State {
        self.state
    }

    /// All that has come, in order.
    pub fn received(&self) -> &[u8] {
        &self.receive.delivered
    }

    /// The congestion window, in segments.
    pub fn window(&self) -> f64 {
        self.send.control.window()
    }

    /// How many segments were sent again, and how many times the timer expired.
    pub fn repeats(&self) -> (u64, u64) {
        (self.send.repeated, self.send.timeouts)
    }
}
