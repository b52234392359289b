//! The five sockets, as clients see them.

use std::path::PathBuf;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
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

    fn path(&self) -> PathBuf {
        self.folder.path().join("connection.json")
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
        let (path, folder) = (self.path(), self.folder.path().to_owned());
        tokio::spawn(async move { run(&path, &folder, Handle { inbox, outbox }).await })
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

/// The greeting of the protocol, then a frame of 2^62 bytes: 73 bytes that once ended a kernel.
#[tokio::test]
async fn a_frame_without_measure_closes_its_connection_and_nothing_else() {
    let fixture = Fixture::new();
    let kernel = fixture.start();
    let mut shell: DealerSocket = fixture.connect(fixture.file.shell_port).await;
    let file = &fixture.file;
    for port in [file.shell_port, file.control_port, file.stdin_port, file.iopub_port, file.hb_port] {
        let path = file.socket_path(port).expect("a file");
        let mut stream = tokio::net::UnixStream::connect(path).await.expect("connected");
        let mut greeting = [0; 64];
        (greeting[0], greeting[9], greeting[10]) = (0xff, 0x7f, 3);
        greeting[12..16].copy_from_slice(b"NULL");
        stream.write_all(&greeting).await.expect("sent");
        stream.write_all(&[&[2][..], &(1_u64 << 62).to_be_bytes()].concat()).await.expect("sent");
        // The library's own greeting, then the end.
        let mut heard = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut heard));
        // How it is closed does not matter.
        let _ = read.await.expect("closed");
    }
    assert_eq!(ask(&mut shell, "x_request", json!({ "n": 4 })).await.content["n"], 4);
    kernel.abort();
}

#[tokio::test]
async fn a_message_that_comes_again_is_dropped() {
    let fixture = Fixture::new();
    let kernel = fixture.start();
    let mut shell: DealerSocket = fixture.connect(fixture.file.shell_port).await;
    let mut other: DealerSocket = fixture.connect(fixture.file.control_port).await;
    let request = Message::request(Channel::Shell, "x_request", json!({ "n": 5 }));
    // Heard by another on its way, and sent once more.
    transmit(&mut shell, &request, &Signer::new(KEY)).await;
    shell.recv().await.expect("a reply");
    transmit(&mut other, &request, &Signer::new(KEY)).await;
    transmit(&mut shell, &request, &Signer::new(KEY)).await;
    assert_eq!(ask(&mut other, "x_request", json!({ "n": 6 })).await.content["n"], 6);
    assert_eq!(ask(&mut shell, "x_request", json!({ "n": 7 })).await.content["n"], 7);
    kernel.abort();
}

/// Only root can become another user.
#[cfg(target_os = "linux")]
#[tokio::test]
#[expect(clippy::print_stdout, reason = "a test says what it could not try")]
async fn another_user_of_this_machine_hears_nothing_by_tcp() {
    use std::os::unix::process::CommandExt as _;
    if !rustix::process::geteuid().is_root() {
        println!("not tried: only root can become another user");
        return;
    }
    let fixture = Fixture::new();
    let mut content: serde_json::Value =
        serde_json::from_slice(&std::fs::read(fixture.path()).expect("there")).expect("JSON");
    let taken: Vec<_> = (0..5).map(|_| std::net::TcpListener::bind("127.0.0.1:0").expect("a port")).collect();
    let port = |n: usize| taken[n].local_addr().expect("an address").port();
    let ports = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"];
    for (n, name) in ports.into_iter().enumerate() {
        content[name] = port(n).into();
    }
    content["transport"] = "tcp".into();
    content["ip"] = "127.0.0.1".into();
    std::fs::write(fixture.path(), content.to_string()).expect("written");
    let file = ConnectionFile::read(&fixture.path()).expect("valid");
    drop(taken);
    let kernel = fixture.start();
    let mut shell = DealerSocket::new();
    let begun = std::time::Instant::now();
    while shell.connect(&file.endpoint(file.shell_port)).await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(10), "nobody listens");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(ask(&mut shell, "x_request", json!({ "n": 8 })).await.content["n"], 8);
    // bash opens the connection; what it reads first would be the library's greeting.
    let line = format!("exec 3<>/dev/tcp/127.0.0.1/{}; timeout 5 head -c 1 <&3 | wc -c", file.iopub_port);
    let mut other = std::process::Command::new("bash");
    other.args(["-c", &line]).current_dir("/");
    let heard = |command: &mut std::process::Command| {
        String::from_utf8_lossy(&command.output().expect("bash").stdout).trim().to_owned()
    };
    let (ours, theirs) =
        tokio::task::spawn_blocking(move || (heard(&mut other), heard(other.uid(54_321).gid(54_321))))
            .await
            .expect("no panic");
    assert_eq!((ours.as_str(), theirs.as_str()), ("1", "0"));
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
    file.shell_port = port;
    let error = Sockets::bind(&file, fixture.folder.path(), &Clients::Anyone).await.err().expect("taken");
    assert_eq!(error.to_string(), format!("cannot open the shell socket at tcp://127.0.0.1:{port}"));
}
