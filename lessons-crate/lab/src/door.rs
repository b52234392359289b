//! A port of this process with an HTTP server behind it: what our own services, gateway and balancers share.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustix::net::{Shutdown, shutdown};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::ground::error::LabError;
use crate::ground::port::{Port, loopback};

/// How long requests under way may take when a door closes in good order.
const DRAIN: Duration = Duration::from_secs(5);

pub(crate) type Answer = Response<Full<Bytes>>;

/// Answers one request of this client.
pub(crate) type Handler =
    Arc<dyn Fn(Request<Incoming>, SocketAddr) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync>;

/// Opened, it listens on its port and hands every request to a handler; it closes when it is dropped.
pub(crate) struct Door {
    port: Port,
    paused: watch::Sender<bool>,
    draining: watch::Sender<bool>,
    listens: AtomicBool,
    sockets: Arc<Sockets>,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// What a door has open. A task that is aborted ends some time later; its sockets can be shut at once.
#[derive(Default)]
struct Sockets {
    listener: Mutex<Option<std::net::TcpListener>>,
    /// Nothing from a break to the next opening: what is accepted meanwhile is broken, too.
    connections: Mutex<Option<Vec<Weak<TcpStream>>>>,
}

impl Door {
    /// On any free port; still closed.
    pub(crate) fn new() -> Result<Self, LabError> {
        Ok(Self {
            port: Port::free()?,
            paused: watch::Sender::new(false),
            draining: watch::Sender::new(false),
            listens: AtomicBool::new(false),
            sockets: Arc::default(),
            task: Mutex::new(None),
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.port.address()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// Listens, in the context of a runtime. The door must have been closed, and its listener gone.
    pub(crate) fn open(&self, handler: Handler) -> io::Result<()> {
        let listener = std::net::TcpListener::bind(loopback(self.port.number))?;
        listener.set_nonblocking(true)?;
        *lock(&self.sockets.listener) = Some(listener.try_clone()?);
        *lock(&self.sockets.connections) = Some(Vec::new());
        let listener = TcpListener::from_std(listener)?;
        self.resume();
        self.draining.send_replace(false);
        let (paused, draining) = (self.paused.subscribe(), self.draining.subscribe());
        let served = serve(listener, handler, self.sockets.clone(), paused, draining);
        *self.task() = Some(tokio::spawn(served));
        self.listens.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Closes it, and opens it on the same port again.
    pub(crate) async fn reopen(&self, handler: Handler) -> Result<(), LabError> {
        self.kill();
        let before = self.task().take();
        if let Some(task) = before {
            // Its listener is gone when it has ended.
            let _ = task.await;
        }
        self.open(handler).map_err(|_| LabError::PortTaken { port: self.port.number })
    }

    /// Closes it at once: the port refuses, its connections break.
    pub(crate) fn kill(&self) {
        if let Some(task) = self.task().as_ref() {
            task.abort();
        }
        self.sockets.refuse();
        self.sockets.break_off();
        self.listens.store(false, Ordering::Relaxed);
    }

    /// Closes it in good order: no new request, and 5 s for those under way. An error when that was not enough.
    pub(crate) async fn stop(&self) -> Result<(), LabError> {
        self.draining.send_replace(true);
        self.sockets.refuse();
        let task = self.task().take();
        let Some(mut task) = task else { return Ok(()) };
        let ended = tokio::time::timeout(DRAIN, &mut task).await;
        task.abort();
        self.listens.store(false, Ordering::Relaxed);
        ended
            .map(drop)
            .map_err(|_| LabError::TooLong { what: "the end of all requests".into(), waited: DRAIN })
    }

    /// Takes requests, and answers none of them.
    pub(crate) fn pause(&self) {
        self.paused.send_replace(true);
    }

    pub(crate) fn resume(&self) {
        self.paused.send_replace(false);
    }

    pub(crate) fn is_open(&self) -> bool {
        self.listens.load(Ordering::Relaxed)
    }

    fn task(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        lock(&self.task)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Sockets {
    /// From now on the port refuses.
    fn refuse(&self) {
        if let Some(listener) = lock(&self.listener).take() {
            // It fails where a listener cannot be shut; there its task closes it.
            let _ = shutdown(&listener, Shutdown::Both);
        }
    }

    /// Ends every connection in the middle of whatever it does.
    fn break_off(&self) {
        let connections = lock(&self.connections).take().unwrap_or_default();
        for stream in connections.iter().filter_map(Weak::upgrade) {
            // It fails when the other side was faster.
            let _ = shutdown(&*stream, Shutdown::Both);
        }
    }

    /// Remembers a connection for as long as it lives.
    fn add(&self, stream: &Arc<TcpStream>) {
        match lock(&self.connections).as_mut() {
            Some(connections) => {
                connections.retain(|stream| stream.strong_count() > 0);
                connections.push(Arc::downgrade(stream));
            }
            None => drop(shutdown(&**stream, Shutdown::Both)),
        }
    }
}

/// A connection that its door can break.
struct Wire(Arc<TcpStream>);

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.0.poll_read_ready(cx))?;
            match self.0.try_read(buffer.initialize_unfilled()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read.map(|bytes| buffer.advance(bytes))),
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(cx))?;
            match self.0.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(shutdown(&*self.0, Shutdown::Write)?))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(
    listener: TcpListener,
    handler: Handler,
    sockets: Arc<Sockets>,
    paused: watch::Receiver<bool>,
    draining: watch::Receiver<bool>,
) {
    let mut closing = draining.clone();
    // Dropping the set ends the connections.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, peer)) = accepted else { continue };
                let _ = stream.set_nodelay(true);
                let stream = Arc::new(stream);
                sockets.add(&stream);
                let (handler, paused, mut draining) = (handler.clone(), paused.clone(), draining.clone());
                connections.spawn(async move {
                    let service = service_fn(move |request| {
                        let (handler, mut paused) = (handler.clone(), paused.clone());
                        async move {
                            // A sender that is gone belongs to a door that is gone, and so does this task.
                            let _ = paused.wait_for(|paused| !paused).await;
                            Ok::<_, Infallible>(handler(request, peer).await)
                        }
                    });
                    let connection = http1::Builder::new().serve_connection(TokioIo::new(Wire(stream)), service);
                    tokio::pin!(connection);
                    tokio::select! {
                        _ = connection.as_mut() => return,
                        _ = draining.wait_for(|draining| *draining) => {}
                    }
                    connection.as_mut().graceful_shutdown();
                    let _ = connection.await;
                });
            }
            Some(_) = connections.join_next() => {}
            _ = closing.wait_for(|closing| *closing) => break,
        }
    }
    drop(listener);
    connections.join_all().await;
}
