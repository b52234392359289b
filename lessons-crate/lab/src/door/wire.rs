//! The connections of a door: each can be held and broken, whatever runs on it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustix::net::{Shutdown, shutdown};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// The pause between two looks whether the last connection has ended.
const BETWEEN: Duration = Duration::from_millis(5);

/// What a door does with what comes to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    /// Nothing passes, in either direction.
    Paused,
    /// It was killed: what is broken need not be held.
    Over,
}

/// What a door has open. A task that is aborted ends some time later; its sockets can be shut at once.
#[derive(Default)]
pub(super) struct Sockets {
    listener: Mutex<Option<std::net::TcpListener>>,
    /// Nothing from a break to the next opening: what is accepted meanwhile is broken, too.
    connections: Mutex<Option<Vec<Weak<TcpStream>>>>,
}

impl Sockets {
    /// From now on what is accepted is remembered.
    pub(super) fn open(&self, listener: std::net::TcpListener) {
        *lock(&self.listener) = Some(listener);
        *lock(&self.connections) = Some(Vec::new());
    }

    /// From now on the port refuses.
    pub(super) fn refuse(&self) {
        if let Some(listener) = lock(&self.listener).take() {
            // It fails where a listener cannot be shut; there its task closes it.
            let _ = shutdown(&listener, Shutdown::Both);
        }
    }

    /// Ends every connection in the middle of whatever it does.
    pub(super) fn break_off(&self) {
        let connections = lock(&self.connections).take().unwrap_or_default();
        for stream in connections.iter().filter_map(Weak::upgrade) {
            // It fails when the other side was faster.
            let _ = shutdown(&*stream, Shutdown::Both);
        }
    }

    /// Waits until no connection is open, also none that has changed its protocol and left its task.
    pub(super) async fn all_ended(&self) {
        let open = |stream: &Weak<TcpStream>| stream.strong_count() > 0;
        while lock(&self.connections).as_ref().is_some_and(|all| all.iter().any(open)) {
            tokio::time::sleep(BETWEEN).await;
        }
    }

    /// Remembers a connection for as long as it lives.
    pub(super) fn add(&self, stream: &Arc<TcpStream>) {
        match lock(&self.connections).as_mut() {
            Some(connections) => {
                connections.retain(|stream| stream.strong_count() > 0);
                connections.push(Arc::downgrade(stream));
            }
            None => drop(shutdown(&**stream, Shutdown::Both)),
        }
    }
}

/// A connection that its door can hold and break.
pub(super) struct Wire {
    stream: Arc<TcpStream>,
    reads: Gate,
    writes: Gate,
}

impl Wire {
    pub(super) fn new(stream: Arc<TcpStream>, phase: &watch::Receiver<Phase>) -> Self {
        let gate = || Gate { phase: phase.clone(), waiting: None };
        Self { stream, reads: gate(), writes: gate() }
    }
}

/// Lets nothing through while its door is paused.
struct Gate {
    phase: watch::Receiver<Phase>,
    waiting: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Gate {
    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.waiting.is_none() {
            if *self.phase.borrow() != Phase::Paused {
                return Poll::Ready(());
            }
            let mut phase = self.phase.clone();
            self.waiting = Some(Box::pin(async move {
                // A sender that is gone belongs to a door that is gone: nobody holds this any more.
                let _ = phase.wait_for(|phase| *phase != Phase::Paused).await;
            }));
        }
        if let Some(waiting) = &mut self.waiting {
            ready!(waiting.as_mut().poll(cx));
        }
        self.waiting = None;
        Poll::Ready(())
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.stream.poll_read_ready(cx))?;
            // Asked when there is something: a pause that comes while nothing does must hold what comes then.
            ready!(self.reads.poll_open(cx));
            match self.stream.try_read(buffer.initialize_unfilled()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read.map(|bytes| buffer.advance(bytes))),
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_write_ready(cx))?;
            ready!(self.writes.poll_open(cx));
            match self.stream.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(shutdown(&*self.stream, Shutdown::Write)?))
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
