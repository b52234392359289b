//! A port of this process with an HTTP server behind it: what our own services, gateway and balancers share.
//!
//! It speaks HTTP/1 and, with whoever begins so, HTTP/2. Bodies stream both ways, trailers and upgrades pass, and
//! whoever reads slowly slows the one who writes.

mod wire;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt as _;
use tower::util::BoxCloneSyncService;

use crate::body::Answer;
use crate::ground::error::{LabError, Task};
use crate::ground::port::{Port, loopback};
use crate::server::{Inside, Server};
use wire::{Phase, Sockets, Wire, lock};

/// How long requests under way may take when a door closes in good order.
const DRAIN: Duration = Duration::from_secs(5);
/// How many requests of one HTTP/2 connection are worked on at once; more wait at the client.
const MOST_STREAMS: u32 = 200;

/// Whatever answers requests: any `tower` service, in a box.
pub(crate) type Handler = BoxCloneSyncService<Request<Incoming>, Answer, Infallible>;

/// Who sent a request: an extension of each one that comes in by a door.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

impl Peer {
    /// The sender of a request.
    pub(crate) fn of(request: &Request<Incoming>) -> SocketAddr {
        request.extensions().get::<Self>().map_or_else(|| loopback(0), |peer| peer.0)
    }
}

/// What stands behind a door.
pub(crate) trait Behind: Send + 'static {
    /// What answers.
    fn handler(&self) -> Handler;

    /// What runs beside it while the door is open, such as health checks.
    fn beside(&self) -> Option<JoinHandle<()>> {
        None
    }

    /// The door is closed.
    fn closed(&self) {}
}

/// Opens a door on a free port: a server inside this process.
pub(crate) fn open(name: &str, behind: impl Behind) -> Result<Server, LabError> {
    let door = Arc::new(Door::new()?);
    let address = door.port.address();
    Server::inside(name, address, Box::new(House { door, behind, beside: None }))
}

/// A door and what is behind it, broken in the words of every server.
struct House<B: Behind> {
    door: Arc<Door>,
    behind: B,
    beside: Option<JoinHandle<()>>,
}

impl<B: Behind> House<B> {
    fn close(&mut self) {
        if let Some(beside) = self.beside.take() {
            beside.abort();
        }
        self.behind.closed();
    }
}

impl<B: Behind> Inside for House<B> {
    fn start(&mut self) -> io::Result<()> {
        self.door.open(self.behind.handler())?;
        self.beside = self.behind.beside();
        Ok(())
    }

    fn kill(&mut self) {
        self.door.kill();
        self.close();
    }

    fn stop(&mut self) -> Task<'static, ()> {
        let door = self.door.clone();
        self.close();
        Box::pin(async move { door.stop().await })
    }

    fn pause(&mut self, paused: bool) {
        self.door.phase.send_replace(if paused { Phase::Paused } else { Phase::Open });
    }

    fn is_running(&self) -> bool {
        self.door.listens.load(Ordering::Relaxed)
    }
}

impl<B: Behind> Drop for House<B> {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Opened, it listens on its port and hands every request to a handler.
struct Door {
    port: Port,
    phase: watch::Sender<Phase>,
    draining: watch::Sender<bool>,
    listens: AtomicBool,
    sockets: Arc<Sockets>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Door {
    /// On any free port; still closed.
    fn new() -> Result<Self, LabError> {
        Ok(Self {
            port: Port::free()?,
            phase: watch::Sender::new(Phase::Over),
            draining: watch::Sender::new(false),
            listens: AtomicBool::new(false),
            sockets: Arc::default(),
            task: Mutex::new(None),
        })
    }

    /// Listens, in the context of a runtime. The door must have been closed, and its listener gone.
    fn open(&self, handler: Handler) -> io::Result<()> {
        let listener = std::net::TcpListener::bind(loopback(self.port.number))?;
        listener.set_nonblocking(true)?;
        self.sockets.open(listener.try_clone()?);
        let listener = TcpListener::from_std(listener)?;
        self.phase.send_replace(Phase::Open);
        self.draining.send_replace(false);
        let room = Room { handler, sockets: self.sockets.clone(), phase: self.phase.subscribe() };
        *self.task() = Some(tokio::spawn(serve(listener, room, self.draining.subscribe())));
        self.listens.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Closes it at once: the port refuses, its connections break.
    fn kill(&self) {
        if let Some(task) = self.task().as_ref() {
            task.abort();
        }
        self.sockets.refuse();
        self.sockets.break_off();
        // What a pause held is broken too, and sees it now.
        self.phase.send_replace(Phase::Over);
        self.listens.store(false, Ordering::Relaxed);
    }

    /// Closes it in good order: no new request, and 5 s for those under way. An error when that was not enough.
    async fn stop(&self) -> Result<(), LabError> {
        self.draining.send_replace(true);
        self.sockets.refuse();
        let task = self.task().take();
        let Some(mut task) = task else { return Ok(()) };
        let all = async {
            // It ends well, or was aborted: both are an end.
            let _ = (&mut task).await;
            self.sockets.all_ended().await;
        };
        let ended = tokio::time::timeout(DRAIN, all).await;
        task.abort();
        self.sockets.break_off();
        self.listens.store(false, Ordering::Relaxed);
        ended.map_err(|_| LabError::TooLong { what: "the end of all requests".into(), waited: DRAIN })
    }

    fn task(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        lock(&self.task)
    }
}

/// What all connections of a door share.
#[derive(Clone)]
struct Room {
    handler: Handler,
    sockets: Arc<Sockets>,
    phase: watch::Receiver<Phase>,
}

async fn serve(listener: TcpListener, room: Room, draining: watch::Receiver<bool>) {
    let mut closing = draining.clone();
    // Dropping the set ends the connections.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, peer)) = accepted else { continue };
                let _ = stream.set_nodelay(true);
                let stream = Arc::new(stream);
                room.sockets.add(&stream);
                connections.spawn(converse(stream, peer, room.clone(), draining.clone()));
            }
            Some(_) = connections.join_next() => {}
            _ = closing.wait_for(|closing| *closing) => break,
        }
    }
    drop(listener);
    connections.join_all().await;
}

/// Answers the requests of one connection until it ends, or leaves for another protocol.
async fn converse(stream: Arc<TcpStream>, peer: SocketAddr, room: Room, mut draining: watch::Receiver<bool>) {
    let Room { handler, phase, .. } = room;
    let wire = TokioIo::new(Wire::new(stream, &phase));
    let service = service_fn(move |mut request: Request<Incoming>| {
        let (handler, mut phase) = (handler.clone(), phase.clone());
        async move {
            // A sender that is gone belongs to a door that is gone, and so does this task.
            let _ = phase.wait_for(|phase| *phase == Phase::Open).await;
            request.extensions_mut().insert(Peer(peer));
            handler.oneshot(request).await
        }
    });
    let mut http = auto::Builder::new(Streams::default());
    http.http2().max_concurrent_streams(MOST_STREAMS);
    let connection = http.serve_connection_with_upgrades(wire, service);
    tokio::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = draining.wait_for(|draining| *draining) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

/// Runs the requests of one HTTP/2 connection, and ends them with it.
#[derive(Clone, Default)]
struct Streams(Arc<Mutex<JoinSet<()>>>);

impl<F> Executor<F> for Streams
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, stream: F) {
        let mut running = lock(&self.0);
        while running.try_join_next().is_some() {}
        running.spawn(async move { drop(stream.await) });
    }
}
