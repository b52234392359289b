//! Jupyter's door: the kernel behind five ZeroMQ sockets.
//!
//! ```text
//! shell, control, stdin   ROUTER   requests in, replies out, each client by its identity
//! iopub                   XPUB     what everyone hears; new listeners are welcomed (`iopub_welcome`)
//! heartbeat               ROUTER   sends back what comes in, also while a cell runs
//! ```
//!
//! One task owns each direction of each socket, so a client that stops reading holds up no other channel. Clients
//! connect to a gate (`jupyter/gate.rs`), not to the library's sockets.
//!
//! Source: Jupyter Development Team, "Messaging in Jupyter" and "Making kernels for Jupyter",
//! jupyter_client documentation, version 5.4 of the protocol.

#![expect(clippy::print_stderr, reason = "standard error is the log")]

mod connection_file;
mod gate;
mod peer;
mod wire;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use zeromq::{
    RouterRecvHalf, RouterSendHalf, RouterSocket, Socket, SocketRecv as _, SocketSend, XPubSocket, ZmqError,
    ZmqMessage,
};

use crate::handle::Handle;
use crate::lifetime;
use crate::protocol::{Channel, Message};

pub use connection_file::ConnectionFileError;

use connection_file::ConnectionFile;
use gate::Gate;
use peer::Clients;
use wire::Signer;

/// How long the last messages may take to leave.
const FLUSH: Duration = Duration::from_secs(2);

/// The library hands replies to tasks of its own and cannot say when they are done; on loopback this is
/// ample.
const LINGER: Duration = Duration::from_millis(100);

/// Serves Jupyter until the kernel has finished, or until the Jupyter that started it is gone. `folder` is one that
/// only this user can enter, and goes with the kernel.
///
/// # Errors
///
/// Fails when the connection file cannot be used ([`ConnectionFileError`]) or one of its sockets cannot be
/// opened. Bad messages are no errors: they are noted on standard error and dropped.
pub async fn run(connection_file: &Path, folder: &Path, handle: Handle) -> Result<()> {
    let connection = ConnectionFile::read(connection_file)?;
    let clients = Clients::of(connection_file).await;
    let sockets = Sockets::bind(&connection, folder, &clients).await?;
    let jupyter = std::env::var("JPY_PARENT_PID").ok().and_then(|pid| pid.parse().ok());
    let Handle { inbox, outbox } = handle;
    let transport = async {
        sockets.serve(inbox.clone(), outbox, &Signer::new(&connection.key)).await;
        Ok(())
    };
    lifetime::run_until_ended(inbox.clone(), lifetime::parent_gone(jupyter), transport).await?;
    Ok(())
}

struct Sockets {
    shell: RouterSocket,
    control: RouterSocket,
    stdin: RouterSocket,
    iopub: XPubSocket,
    heartbeat: RouterSocket,
    /// Where clients connect; they end with the sockets.
    gates: JoinSet<()>,
}

impl Sockets {
    async fn bind(file: &ConnectionFile, folder: &Path, clients: &Clients) -> Result<Self> {
        let folder = folder.join("jupyter");
        std::fs::create_dir(&folder)
            .with_context(|| format!("cannot make {}; is the disk full?", folder.display()))?;
        let mut door = Door { file, clients, folder: &folder, gates: JoinSet::new() };
        Ok(Self {
            shell: door.open(file.shell_port, "shell").await?,
            control: door.open(file.control_port, "control").await?,
            stdin: door.open(file.stdin_port, "stdin").await?,
            iopub: door.open(file.iopub_port, "iopub").await?,
            heartbeat: door.open(file.hb_port, "heartbeat").await?,
            gates: door.gates,
        })
    }

    /// Moves messages until the outbox closes and the last of them have left.
    async fn serve(
        mut self,
        inbox: UnboundedSender<Message>,
        mut outbox: UnboundedReceiver<Message>,
        signer: &Signer,
    ) {
        let mut readers = JoinSet::new();
        let mut writers = JoinSet::new();
        readers.spawn(echo(self.heartbeat));
        let mut router = |socket: RouterSocket, channel| {
            let (sender, receiver) = socket.split();
            let (queue, waiting) = unbounded_channel();
            readers.spawn(receive(receiver, channel, signer.clone(), inbox.clone()));
            writers.spawn(send(sender, waiting, signer.clone()));
            queue
        };
        let shell = router(self.shell, Channel::Shell);
        let control = router(self.control, Channel::Control);
        let stdin = router(self.stdin, Channel::Stdin);
        let (iopub, waiting) = unbounded_channel();
        writers.spawn(publish(self.iopub, waiting, signer.clone()));
        while let Some(message) = outbox.recv().await {
            let queue = match message.channel {
                Channel::Shell => &shell,
                Channel::Control => &control,
                Channel::Stdin => &stdin,
                Channel::Iopub => &iopub,
            };
            // A queue is closed only when its writer panicked; the other channels go on.
            let _ = queue.send(message);
        }
        drop((shell, control, stdin, iopub));
        let flushed = async { while writers.join_next().await.is_some() {} };
        if tokio::time::timeout(FLUSH, flushed).await.is_err() {
            eprintln!("a client does not read; what it has not read is lost");
        }
        readers.shutdown().await;
        tokio::time::sleep(LINGER).await;
        self.gates.shutdown().await;
    }
}

/// What opening a socket takes.
struct Door<'a> {
    file: &'a ConnectionFile,
    clients: &'a Clients,
    folder: &'a Path,
    gates: JoinSet<()>,
}

impl Door<'_> {
    /// A socket of the library in the private folder, and the gate to it where the file wants it.
    async fn open<S: Socket>(&mut self, port: u16, name: &str) -> Result<S> {
        let endpoint = self.file.endpoint(port);
        let gate = match self.file.socket_path(port) {
            Some(path) => Gate::ipc(path),
            None => Gate::tcp(&self.file.ip, port, self.clients.clone()).await,
        };
        let failed = || format!("cannot open the {name} socket at {endpoint}");
        let gate = gate.with_context(failed)?;
        let inner = self.folder.join(name);
        let mut socket = S::new();
        socket.bind(&format!("ipc://{}", inner.display())).await.with_context(failed)?;
        self.gates.spawn(gate.run(inner));
        Ok(socket)
    }
}

/// Sends back everything that comes in.
async fn echo(mut heartbeat: RouterSocket) {
    loop {
        match heartbeat.recv().await {
            // A client that left meanwhile needs no answer.
            Ok(message) => drop(heartbeat.send(message).await),
            Err(ZmqError::NoMessage) => return,
            Err(_) => {}
        }
    }
}

/// Hands in what comes in; drops what is not a message.
async fn receive(
    mut socket: RouterRecvHalf,
    channel: Channel,
    signer: Signer,
    inbox: UnboundedSender<Message>,
) {
    loop {
        let frames = match socket.recv().await {
            Ok(message) => message.into_vec(),
            Err(ZmqError::NoMessage) => return,
            Err(error) => {
                eprintln!("dropped a {channel:?} message: {error}");
                continue;
            }
        };
        match wire::decode(frames, channel, &signer) {
            Ok(message) => {
                if inbox.send(message).is_err() {
                    return;
                }
            }
            Err(error) => eprintln!("dropped a {channel:?} message: {error}"),
        }
    }
}

/// Sends replies to the clients they are for.
async fn send(mut socket: RouterSendHalf, mut queue: UnboundedReceiver<Message>, signer: Signer) {
    while let Some(message) = queue.recv().await {
        transmit(&mut socket, &message, &signer).await;
    }
}

/// Sends to everyone who listens, and welcomes those who start to.
async fn publish(mut socket: XPubSocket, mut queue: UnboundedReceiver<Message>, signer: Signer) {
    loop {
        tokio::select! {
            biased;
            subscription = socket.recv() => {
                if let Ok(subscription) = subscription
                    && let Some(topic) = subscribed(&subscription)
                {
                    let content = json!({ "subscription": String::from_utf8_lossy(&topic) });
                    let welcome = Message::publish(None, "", "iopub_welcome", content);
                    transmit(&mut socket, &welcome, &signer).await;
                }
            }
            message = queue.recv() => match message {
                Some(message) => transmit(&mut socket, &message, &signer).await,
                None => return,
            },
        }
    }
}

/// The topic of a subscription; `None` when it ends one.
fn subscribed(message: &ZmqMessage) -> Option<Bytes> {
    let frame = message.get(0)?;
    (frame.first() == Some(&1)).then(|| frame.slice(1..))
}

async fn transmit(socket: &mut impl SocketSend, message: &Message, signer: &Signer) {
    let sent = match wire::encode(message, signer) {
        Ok(frames) => match ZmqMessage::try_from(frames) {
            Ok(frames) => socket.send(frames).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        },
        Err(error) => Err(error.to_string()),
    };
    if let Err(error) = sent {
        // The client has left; the kernel does not care.
        eprintln!("a {} could not be sent: {error}", message.header.msg_type);
    }
}

#[cfg(test)]
mod tests;
