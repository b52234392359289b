//! A link that can be slowed, cut and reset: a TCP proxy on this machine.
//!
//! Everything sent to the link's address goes to its target and back. It needs no rights, and works where
//! the kernel has no network emulation. It moves bytes of a TCP stream, not packets, so:
//!
//! * a lost segment is what an application sees of one: silence for the retransmission time-out, 200 ms at
//!   least on Linux and doubled each time (RFC 6298), with everything behind it waiting in line;
//! * a cut link still completes the handshake of a new connection, but nothing passes.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use algorithms::rng::Rng;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use crate::ground::error::{LabError, Task};
use crate::ground::port::loopback;

/// What fits in one packet of an Ethernet: the unit in which bytes are lost.
const SEGMENT: usize = 1460;
/// The largest piece that is moved at once.
const PIECE: usize = 16 * 1024;
/// How many pieces may be under way in each direction.
const UNDER_WAY: usize = 256;
/// Linux's smallest retransmission time-out.
const RETRANSMISSION: Duration = Duration::from_millis(200);
/// More doublings than this are never waited for.
const DOUBLINGS: u32 = 6;

#[derive(Clone, Debug, Default, PartialEq)]
struct Conditions {
    delay: Duration,
    jitter: Duration,
    loss: f64,
    bytes_per_second: Option<u64>,
    cut: bool,
    /// How often the connections were reset.
    resets: u64,
}

/// A TCP link to a server, with conditions that can be changed while it is used.
pub struct Link {
    address: SocketAddr,
    target: SocketAddr,
    conditions: watch::Sender<Conditions>,
    bytes: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Link {
    /// A perfect link to `target`: clients connect to its [`address`](Self::address) instead.
    ///
    /// # Errors
    ///
    /// When no port can be had, or the target is not of this machine.
    pub fn to(target: SocketAddr) -> Task<'static, Self> {
        Box::pin(async move {
            if !target.ip().is_loopback() {
                return Err(LabError::NotLoopback { target: target.to_string() });
            }
            let fail = |source| LabError::NotStarted { server: "a link".into(), source };
            let listener = TcpListener::bind(loopback(0)).await.map_err(fail)?;
            let address = listener.local_addr().map_err(fail)?;
            let conditions = watch::Sender::new(Conditions::default());
            let bytes = Arc::new(AtomicU64::new(0));
            let task = tokio::spawn(accept(listener, target, conditions.subscribe(), bytes.clone()));
            Ok(Self { address, target, conditions, bytes, task })
        })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the bytes go.
    pub fn target(&self) -> SocketAddr {
        self.target
    }

    /// How many bytes it has carried, both ways together.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Adds this much time to each direction: a round trip takes twice as long more.
    pub fn delay(&self, delay: Duration) -> &Self {
        self.change(|now| now.delay = delay)
    }

    /// Adds between zero and this much more to each piece, drawn uniformly. Bytes stay in order.
    pub fn jitter(&self, jitter: Duration) -> &Self {
        self.change(|now| now.jitter = jitter)
    }

    /// Loses this share of the segments (0 to 1), which TCP sends again after 200 ms, 400 ms, ...
    ///
    /// # Panics
    ///
    /// When the share is not from 0 to 1.
    pub fn loss(&self, share: f64) -> &Self {
        assert!((0.0..=1.0).contains(&share), "a share of lost segments is from 0 to 1, not {share}");
        self.change(|now| now.loss = share)
    }

    /// Carries no more than this many bytes per second in each direction of each connection.
    pub fn throttle(&self, bytes_per_second: u64) -> &Self {
        self.change(|now| now.bytes_per_second = Some(bytes_per_second.max(1)))
    }

    /// Swallows everything: connections stay open and silent, until [`heal`](Self::heal).
    pub fn cut(&self) -> &Self {
        self.change(|now| now.cut = true)
    }

    /// Ends all its connections with a TCP reset; new ones are possible at once.
    pub fn reset(&self) -> &Self {
        self.change(|now| now.resets += 1)
    }

    /// Makes the link perfect again. What it held back arrives now.
    pub fn heal(&self) -> &Self {
        self.change(|now| *now = Conditions { resets: now.resets, ..Conditions::default() })
    }

    fn change(&self, change: impl FnOnce(&mut Conditions)) -> &Self {
        self.conditions.send_modify(change);
        self
    }
}

/// Cuts all these links: whoever is behind them is in another partition of the network.
pub fn partition<'a>(links: impl IntoIterator<Item = &'a Link>) {
    for link in links {
        link.cut();
    }
}

/// Makes all these links perfect again.
pub fn heal<'a>(links: impl IntoIterator<Item = &'a Link>) {
    for link in links {
        link.heal();
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "link {} to {}", self.address, self.target)?;
        let now = self.conditions.borrow();
        if *now == (Conditions { resets: now.resets, ..Conditions::default() }) {
            return Ok(());
        }
        write!(
            f,
            ": delay {:?}, jitter {:?}, loss {}, bytes per second {:?}, cut {}",
            now.delay, now.jitter, now.loss, now.bytes_per_second, now.cut
        )
    }
}

async fn accept(
    listener: TcpListener,
    target: SocketAddr,
    conditions: watch::Receiver<Conditions>,
    bytes: Arc<AtomicU64>,
) {
    // Dropping the set ends the connections.
    let mut connections = JoinSet::new();
    let mut rng = Rng::new(u64::from(target.port()));
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((client, _)) = accepted {
                    let conditions = conditions.clone();
                    connections.spawn(carry(client, target, conditions, bytes.clone(), rng.split()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Carries one connection until both sides have closed it, or it is reset.
async fn carry(
    client: TcpStream,
    target: SocketAddr,
    mut conditions: watch::Receiver<Conditions>,
    bytes: Arc<AtomicU64>,
    mut rng: Rng,
) -> io::Result<()> {
    let resets = conditions.borrow().resets;
    // A closed channel means that the link is gone, and with it this task.
    let _ = conditions.wait_for(|now| !now.cut || now.resets != resets).await;
    if conditions.borrow().resets != resets {
        return client.set_zero_linger();
    }
    let server = match TcpStream::connect(target).await {
        Ok(server) => server,
        Err(error) => {
            // What the client would have got from a port that nobody listens on.
            client.set_zero_linger()?;
            return Err(error);
        }
    };
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, mut to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let mut until_reset = conditions.clone();
    let (there, back) = (conditions.clone(), conditions);
    let both = async {
        tokio::join!(
            pump(from_client, &mut to_server, there, &bytes, rng.split()),
            pump(from_server, &mut to_client, back, &bytes, rng.split()),
        );
    };
    let was_reset = tokio::select! {
        () = both => false,
        _ = until_reset.wait_for(|now| now.resets != resets) => true,
    };
    if was_reset {
        to_client.as_ref().set_zero_linger()?;
        to_server.as_ref().set_zero_linger()?;
        // Dropped, each half would say goodbye in good order first.
        to_client.forget();
        to_server.forget();
    }
    Ok(())
}

/// Moves one direction: the reader stamps each piece with the time at which it arrives, the writer waits.
async fn pump(
    from: OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    conditions: watch::Receiver<Conditions>,
    bytes: &AtomicU64,
    rng: Rng,
) {
    let (pieces, arriving) = mpsc::channel(UNDER_WAY);
    // An error on one side ends this direction as a close does.
    let _ = tokio::join!(read(from, pieces, conditions.clone(), rng), write(to, arriving, conditions, bytes));
}

async fn read(
    mut from: OwnedReadHalf,
    pieces: mpsc::Sender<(Instant, Vec<u8>)>,
    conditions: watch::Receiver<Conditions>,
    mut rng: Rng,
) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    let mut line_free = Instant::now();
    let mut previous = Instant::now();
    loop {
        let now = conditions.borrow().clone();
        let mut size = if now.loss > 0.0 { SEGMENT } else { PIECE };
        if let Some(rate) = now.bytes_per_second {
            // Pieces of about 20 ms, so that a slow link trickles.
            size = size.min(usize::try_from(rate / 50).unwrap_or(PIECE).max(64));
        }
        let count = from.read(&mut buffer[..size]).await?;
        if count == 0 {
            return Ok(());
        }
        // The conditions may have changed while nothing came.
        let now = conditions.borrow().clone();
        let mut arrives = Instant::now();
        if let Some(rate) = now.bytes_per_second {
            line_free = line_free.max(arrives) + Duration::from_secs_f64(count as f64 / rate as f64);
            arrives = line_free;
        }
        arrives += now.delay + now.jitter.mul_f64(rng.next_f64());
        let mut again = 0;
        while now.loss > 0.0 && again < DOUBLINGS && rng.chance(now.loss) {
            arrives += RETRANSMISSION * 2u32.pow(again);
            again += 1;
        }
        previous = arrives.max(previous);
        if pieces.send((previous, buffer[..count].to_vec())).await.is_err() {
            return Ok(());
        }
    }
}

async fn write(
    to: &mut OwnedWriteHalf,
    mut arriving: mpsc::Receiver<(Instant, Vec<u8>)>,
    mut conditions: watch::Receiver<Conditions>,
    bytes: &AtomicU64,
) -> io::Result<()> {
    while let Some((arrives, piece)) = arriving.recv().await {
        if arrives > Instant::now() {
            tokio::time::sleep_until(arrives).await;
        }
        let _ = conditions.wait_for(|now| !now.cut).await;
        to.write_all(&piece).await?;
        bytes.fetch_add(piece.len() as u64, Ordering::Relaxed);
    }
    // A close does not pass a cut link either.
    let _ = conditions.wait_for(|now| !now.cut).await;
    to.shutdown().await
}
