//! What the stand-ins have in common: a port, the connections to it, and how they are paused and killed.

use std::io;
use std::marker::PhantomData;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::ground::port::{Port, loopback};
use crate::ground::secret::Secret;
use crate::server::Inside;

/// What a stand-in keeps, and how it talks. A start makes it anew: what it kept is gone with a kill.
pub(crate) trait Speaker: Send + Sync + 'static {
    /// Takes clients that know this password.
    fn new(secret: Secret) -> Self;

    /// One connection, until it ends or what comes is no message. While `paused`, nothing is answered.
    fn talk(
        self: Arc<Self>,
        stream: TcpStream,
        paused: watch::Receiver<bool>,
    ) -> impl Future<Output = io::Result<()>> + Send;
}

/// A stand-in for a server inside this process.
pub(crate) struct StandIn<S> {
    port: Port,
    secret: Secret,
    paused: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
    speaker: PhantomData<fn() -> S>,
}

impl<S> StandIn<S> {
    /// Takes clients that know this password.
    pub(crate) fn new(port: Port, secret: Secret) -> Self {
        Self { port, secret, paused: watch::Sender::new(false), task: None, speaker: PhantomData }
    }
}

impl<S: Speaker> Inside for StandIn<S> {
    fn start(&mut self) -> io::Result<()> {
        let listener = std::net::TcpListener::bind(loopback(self.port.number))?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        self.paused.send_replace(false);
        self.task = Some(tokio::spawn(serve::<S>(listener, self.secret.clone(), self.paused.subscribe())));
        Ok(())
    }

    fn kill(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }

    fn pause(&mut self, paused: bool) {
        self.paused.send_replace(paused);
    }

    fn is_running(&self) -> bool {
        self.task.is_some()
    }
}

impl<S> Drop for StandIn<S> {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

/// The connections end with this task: they belong to its set.
async fn serve<S: Speaker>(listener: TcpListener, secret: Secret, paused: watch::Receiver<bool>) {
    let speaker = Arc::new(S::new(secret));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                connections.spawn(speaker.clone().talk(stream, paused.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}
