//! Jupyter's door: the kernel behind five ZeroMQ sockets.
//!
//! ```text
//! shell, control, stdin   ROUTER   requests in, replies out, each client by its identity
//! iopub                   XPUB     what everyone hears; new listeners are welcomed (`iopub_welcome`)
//! heartbeat               ROUTER   sends back what comes in, also while a cell runs
//! ```
//!
//! One task owns each direction of each socket, so a client that stops reading holds up no other channel.
//!
//! Source: Jupyter Development Team, "Messaging in Jupyter" and "Making kernels for Jupyter",
//! jupyter_client documentation, version 5.4 of the protocol.

#![expect(clippy::print_stderr, reason = "standard error is the log")]

mod connection_file;
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
use wire::Signer;

/// How long the last messages may take to leave.
const FLUSH: Duration = Duration::from_secs(2);

/// The library hands replies to tasks of its own and cannot say when they are done; on loopback this is
/// ample.
const LINGER: Duration = Duration::from_millis(100);

/// Serves Jupyter until the kernel has finished, or until the Jupyter that started it is gone.
///
/// # Errors
///
/// Fails when the connection file cannot be used ([`ConnectionFileError`]) or one of its sockets cannot be
/// opened. Bad messages are no errors: they are noted on standard error and dropped.
pub async fn run(connection_file: &Path, handle: Handle) -> Result<()> {
    let connection = ConnectionFile::read(connection_file)?;
    let sockets = Sockets::bind(&connection).await?;
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
}

impl Sockets {
    async fn bind(file: &ConnectionFile) -> Result<Self> {
        Ok(Self {
            shell: bind(file, file.shell_port, "shell").await?,
            control: bind(file, file.control_port, "control").await?,
            stdin: bind(file, file.stdin_port, "stdin").await?,
            iopub: bind(file, file.iopub_port, "iopub").await?,
            heartbeat: bind(file, file.hb_port, "heartbeat").await?,
        })
    }

    /// Moves messages until the outbox closes and the last of them have left.
    async fn serve(
        self,
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
    }
}

async fn bind<S: Socket>(file: &ConnectionFile, port: u16, name: &str) -> Result<S> {
    if let Some(path) = file.socket_path(port) {
        // Left by a kernel that was killed; a restarted one gets the same paths.
        let _ = std::fs::remove_file(path);
    }
    let endpoint = file.endpoint(port);
    let mut socket = S::new();
    socket.bind(&endpoint).await.with_context(|| format!("cannot open the {name} socket at {endpoint}"))?;
    Ok(socket)
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
mod tests {
    use zeromq::{DealerSocket, ReqSocket, SubSocket};

    use super::*;

    const KEY: &str = "a key";

    /// A connection over ipc in a folder of its own, and a kernel that answers with the request's content.
    struct Fixture {
        folder: tempfile::TempDir,
        file: ConnectionFile,
    }

    impl Fixture {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("connection.json");
            let content = json!({
                "transport": "ipc", "ip": folder.path().join("kernel"), "key": KEY,
                "signature_scheme": "hmac-sha256",
                "shell_port": 1, "iopub_port": 2, "stdin_port": 3, "control_port": 4, "hb_port": 5,
            });
            std::fs::write(&path, content.to_string()).expect("written");
            let file = ConnectionFile::read(&path).expect("valid");
            Self { folder, file }
        }

        fn start(&self) -> tokio::task::JoinHandle<Result<()>> {
            let (inbox, mut requests) = unbounded_channel::<Message>();
            let (replies, outbox) = unbounded_channel();
            tokio::spawn(async move {
                while let Some(request) = requests.recv().await {
                    let status = json!({ "execution_state": "busy" });
                    let header = Some(&request.header);
                    let _ = replies.send(Message::publish(header, "kernel", "status", status));
                    let reply_type = request.header.msg_type.replace("request", "reply");
                    let _ = replies.send(Message::reply(&request, &reply_type, request.content.clone()));
                    if request.header.msg_type == "shutdown_request" {
                        return;
                    }
                }
            });
            let path = self.folder.path().join("connection.json");
            tokio::spawn(async move { run(&path, Handle { inbox, outbox }).await })
        }

        async fn connect<S: Socket>(&self, port: u16) -> S {
            let mut socket = S::new();
            socket.connect(&self.file.endpoint(port)).await.expect("connected");
            socket
        }
    }

    async fn ask(socket: &mut DealerSocket, msg_type: &str, content: serde_json::Value) -> Message {
        let request = Message::request(Channel::Shell, msg_type, content);
        transmit(socket, &request, &Signer::new(KEY)).await;
        let frames = socket.recv().await.expect("a reply").into_vec();
        let reply = wire::decode(frames, Channel::Shell, &Signer::new(KEY)).expect("a valid reply");
        assert_eq!(reply.parent_header, Some(request.header));
        reply
    }

    #[tokio::test]
    async fn requests_publications_heartbeat_and_the_end() {
        let fixture = Fixture::new();
        let kernel = fixture.start();
        let mut iopub: SubSocket = fixture.connect(fixture.file.iopub_port).await;
        iopub.subscribe("").await.expect("subscribed");
        let mut heard = async || {
            let frames = iopub.recv().await.expect("a publication").into_vec();
            wire::decode(frames, Channel::Iopub, &Signer::new(KEY)).expect("valid").header.msg_type
        };
        assert_eq!(heard().await, "iopub_welcome");

        // Two clients at once, each gets its own answer.
        let mut one: DealerSocket = fixture.connect(fixture.file.shell_port).await;
        let mut two: DealerSocket = fixture.connect(fixture.file.shell_port).await;
        assert_eq!(ask(&mut one, "x_request", json!({ "n": 1 })).await.content["n"], 1);
        assert_eq!(ask(&mut two, "x_request", json!({ "n": 2 })).await.content["n"], 2);
        assert_eq!((heard().await.as_str(), heard().await.as_str()), ("status", "status"));

        let mut heartbeat: ReqSocket = fixture.connect(fixture.file.hb_port).await;
        heartbeat.send("ping".into()).await.expect("sent");
        assert_eq!(heartbeat.recv().await.expect("an echo").get(0), Some(&Bytes::from_static(b"ping")));

        // The reply to the last request still arrives, although the kernel ends right after it.
        let mut control: DealerSocket = fixture.connect(fixture.file.control_port).await;
        ask(&mut control, "shutdown_request", json!({ "restart": false })).await;
        assert_eq!(heard().await, "status");
        kernel.await.expect("no panic").expect("no error");
    }

    #[tokio::test]
    async fn forged_and_broken_messages_are_dropped() {
        let fixture = Fixture::new();
        let kernel = fixture.start();
        let mut shell: DealerSocket = fixture.connect(fixture.file.shell_port).await;
        let forged = Message::request(Channel::Shell, "shutdown_request", json!({}));
        transmit(&mut shell, &forged, &Signer::new("another key")).await;
        transmit(&mut shell, &forged, &Signer::default()).await;
        shell.send("noise".into()).await.expect("sent");
        assert_eq!(ask(&mut shell, "x_request", json!({ "n": 3 })).await.content["n"], 3);
        assert!(!kernel.is_finished());
        kernel.abort();
    }

    #[tokio::test]
    async fn a_taken_address_is_named() {
        let fixture = Fixture::new();
        let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let mut file = fixture.file.clone();
        file.transport = "tcp".to_owned();
        file.ip = "127.0.0.1".to_owned();
        let port = taken.local_addr().expect("an address").port();
        let error = bind::<RouterSocket>(&file, port, "shell").await.err().expect("taken");
        assert_eq!(error.to_string(), format!("cannot open the shell socket at tcp://127.0.0.1:{port}"));
    }
}
