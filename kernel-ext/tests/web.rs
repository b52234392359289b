//! The page's door with real kernels behind it: REST, WebSockets, and what happens when things go away.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use kernel_ext::protocol::{Channel, Message};
use kernel_ext::web::{Options, Server};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

const TOKEN: &str = "the-token";
const LINES: &str = "a line that is long enough to be seen";

/// A server with its own folder, in which each kernel notes its process id.
struct Fixture {
    port: u16,
    folder: tempfile::TempDir,
    stop: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<anyhow::Result<()>>>,
}

/// A server on any free port, whose kernels note their process ids in `folder`.
fn options(folder: &Path) -> Options {
    let mut options = Options::new(folder.to_owned()).expect("options");
    options.port = 0;
    options.token = Some(TOKEN.to_owned());
    // `exec` keeps the process id.
    let note = format!("echo $$ >> {}/pids; exec \"$0\" kernel run --lines", folder.display());
    options.command = ["sh", "-c", &note, env!("CARGO_BIN_EXE_sd35")].map(Into::into).to_vec();
    options
}

impl Fixture {
    async fn new(change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut options = options(folder.path());
        change(&mut options);
        let server = Server::bind(options).await.expect("a port");
        let port = server.address().port();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(server.run_until(async {
            let _ = stopped.await;
        }));
        Self { port, folder, stop: Some(stop), served: Some(served) }
    }

    async fn ask(&self, method: &str, path: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.expect("connected");
        let request = format!(
            "{method} /api/{path} HTTP/1.1\r\nHost: localhost:{}\r\nAuthorization: token {TOKEN}\r\n\
             Content-Length: 0\r\nConnection: close\r\n\r\n",
            self.port
        );
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("answered");
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let body = answer.split_once("\r\n\r\n").expect("a head").1;
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    async fn start_kernel(&self) -> String {
        let (status, model) = self.ask("POST", "kernels").await;
        assert_eq!(status, 201, "{model}");
        model["id"].as_str().expect("an id").to_owned()
    }

    async fn open(&self, kernel: &str, session: &str) -> Page {
        let path = format!("channels?session_id={session}&token={TOKEN}");
        let url = format!("ws://localhost:{}/api/kernels/{kernel}/{path}", self.port);
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.expect("connected");
        let request = url.into_client_request().expect("a request");
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await.expect("a socket");
        Page { socket, session: session.to_owned() }
    }

    fn pids(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.path().join("pids")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Stops the server, and checks that it leaves nothing behind.
    async fn stop(mut self) {
        self.stop.take().expect("once").send(()).expect("running");
        let served = self.served.take().expect("once");
        tokio::time::timeout(Duration::from_secs(5), served)
            .await
            .expect("in time")
            .expect("no panic")
            .expect("served");
        for pid in self.pids() {
            assert!(!PathBuf::from("/proc").join(&pid).exists(), "kernel {pid} is left behind");
        }
    }
}

/// One tab.
struct Page {
    socket: WebSocketStream<TcpStream>,
    session: String,
}

impl Page {
    async fn send(&mut self, channel: Channel, msg_type: &str, content: Value) -> String {
        let mut message = Message::request(channel, msg_type, content);
        message.header.session = self.session.clone();
        let text = serde_json::to_string(&message).expect("JSON");
        self.socket.send(Frame::text(text)).await.expect("sent");
        message.header.msg_id
    }

    async fn execute(&mut self, code: &str) -> String {
        self.send(Channel::Shell, "execute_request", json!({ "code": code, "stop_on_error": false })).await
    }

    /// The next message, or how the socket was closed.
    async fn next(&mut self) -> Result<Message, (u16, String)> {
        loop {
            let frame =
                tokio::time::timeout(Duration::from_secs(60), self.socket.next()).await.expect("in time");
            match frame.expect("open").expect("a frame") {
                Frame::Text(text) => return Ok(serde_json::from_str(&text).expect("a message")),
                Frame::Close(Some(close)) => return Err((close.code.into(), close.reason.to_string())),
                _ => {}
            }
        }
    }

    /// Everything up to the first message that fits, with it.
    async fn until(&mut self, fits: impl Fn(&Message) -> bool) -> Vec<Message> {
        let mut messages = Vec::new();
        loop {
            messages.push(self.next().await.expect("a message"));
            if messages.last().is_some_and(&fits) {
                return messages;
            }
        }
    }

    /// Everything about one request, up to its reply and its idle.
    async fn answers(&mut self, request: &str) -> Vec<Message> {
        let (mut replied, mut idle) = (false, false);
        let mut messages = Vec::new();
        while !(replied && idle) {
            let message = self.next().await.expect("a message");
            assert!(!is_status(&message, "dead"), "the kernel ended: {messages:?}");
            if message.parent_header.as_ref().is_some_and(|parent| parent.msg_id == request) {
                replied |= message.channel != Channel::Iopub;
                idle |= message.content["execution_state"] == "idle";
                messages.push(message);
            }
        }
        messages
    }

    async fn run(&mut self, code: &str) -> String {
        let request = self.execute(code).await;
        printed(&self.answers(&request).await)
    }
}

/// What was printed and what went wrong.
fn printed(messages: &[Message]) -> String {
    messages
        .iter()
        .map(|message| match message.header.msg_type.as_str() {
            "stream" => message.content["text"].as_str().unwrap_or_default().to_owned(),
            "execute_result" => message.content["data"]["text/plain"].as_str().unwrap_or_default().to_owned(),
            "error" => format!("[{}]", message.content["ename"].as_str().unwrap_or_default()),
            _ => String::new(),
        })
        .collect()
}

fn is_status(message: &Message, state: &str) -> bool {
    message.header.msg_type == "status" && message.content["execution_state"] == state
}

#[tokio::test]
async fn two_tabs_share_a_kernel_and_each_gets_its_own_replies() {
    let fixture = Fixture::new(|_| {}).await;
    let kernel = fixture.start_kernel().await;
    let mut one = fixture.open(&kernel, "one").await;
    let mut two = fixture.open(&kernel, "two").await;
    assert_eq!(one.run("let x = 20; println!(\"set\");").await, "set\n");
    // The other tab heard the output, but not the reply.
    let heard = two.until(|message| is_status(message, "idle") && message.parent_header.is_some()).await;
    assert!(heard.iter().all(|message| message.channel == Channel::Iopub), "{heard:?}");
    assert_eq!(printed(&heard), "set\n");
    assert_eq!(two.run("x + 22").await, "42");
    let (_, model) = fixture.ask("GET", &format!("kernels/{kernel}")).await;
    assert_eq!((&model["connections"], &model["execution_state"]), (&json!(2), &json!("idle")));
    let (status, _) = fixture.ask("DELETE", &format!("kernels/{kernel}")).await;
    assert_eq!(status, 204);
    let closed = loop {
        if let Err(closed) = one.next().await {
            break closed;
        }
    };
    assert_eq!(closed, (1001, "the kernel was shut down".to_owned()));
    assert_eq!(fixture.ask("GET", "kernels").await.1, json!([]));
    fixture.stop().await;
}

#[tokio::test]
async fn a_page_that_comes_back_gets_what_it_missed() {
    let fixture = Fixture::new(|_| {}).await;
    let kernel = fixture.start_kernel().await;
    let mut page = fixture.open(&kernel, "tab").await;
    page.run("1").await;
    let code =
        "for n in 0..20 { println!(\"{n}\"); std::thread::sleep(std::time::Duration::from_millis(50)); }";
    let request = page.execute(code).await;
    let before = page.until(|message| message.header.msg_type == "stream").await;
    drop(page);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut page = fixture.open(&kernel, "tab").await;
    let after = page.answers(&request).await;
    let expected: String = (0..20).map(|n| format!("{n}\n")).collect();
    assert_eq!(printed(&before) + &printed(&after), expected);
    // Nothing is sent twice, and a new session starts with nothing.
    let mut other = fixture.open(&kernel, "other").await;
    assert_eq!(other.run("2").await, "2");
    drop(page);
    let mut page = fixture.open(&kernel, "tab").await;
    assert_eq!(page.run("3").await, "3");
    fixture.stop().await;
}

#[tokio::test]
async fn interrupt_and_restart() {
    let fixture = Fixture::new(|_| {}).await;
    let kernel = fixture.start_kernel().await;
    let mut page = fixture.open(&kernel, "tab").await;
    assert_eq!(page.run("let x = 1;").await, "");
    let request = page.execute("println!(\"looping\"); loop { std::hint::spin_loop() }").await;
    page.until(|message| message.header.msg_type == "stream").await;
    let begun = Instant::now();
    assert_eq!(fixture.ask("POST", &format!("kernels/{kernel}/interrupt")).await.0, 204);
    assert_eq!(printed(&page.answers(&request).await), "[Interrupted]");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());

    assert_eq!(page.run("let x = 1; x").await, "1");
    let (status, model) = fixture.ask("POST", &format!("kernels/{kernel}/restart")).await;
    assert_eq!((status, &model["id"]), (200, &json!(kernel)));
    page.until(|message| is_status(message, "restarting")).await;
    assert_eq!(page.run("x").await, "[CompileError]");
    assert_eq!(fixture.pids().len(), 2);
    fixture.stop().await;
}

#[tokio::test]
async fn a_killed_kernel_is_announced_and_can_be_started_again() {
    let fixture = Fixture::new(|_| {}).await;
    let kernel = fixture.start_kernel().await;
    let mut page = fixture.open(&kernel, "tab").await;
    page.run("1").await;
    let request = page.execute("println!(\"waiting\"); loop { std::hint::spin_loop() }").await;
    page.until(|message| message.header.msg_type == "stream").await;
    let kill = Command::new("kill").args(["-9", &fixture.pids()[0]]).status();
    assert!(kill.expect("kill").success());
    let messages = page.until(|message| is_status(message, "dead")).await;
    let text = printed(&messages);
    assert!(text.contains("The kernel has ended (signal: 9 (SIGKILL)); its variables are gone."), "{text}");
    let notice = messages.iter().find(|message| message.header.msg_type == "stream").expect("a notice");
    assert_eq!(notice.parent_header.as_ref().map(|parent| &parent.msg_id), Some(&request));
    let (_, model) = fixture.ask("GET", &format!("kernels/{kernel}")).await;
    assert_eq!(model["execution_state"], "dead");
    // What is not a cell is answered by the state; a cell starts anew.
    page.send(Channel::Shell, "kernel_info_request", json!({})).await;
    page.until(|message| is_status(message, "dead")).await;
    assert_eq!(page.run("2 + 2").await, "4");
    assert_eq!(fixture.pids().len(), 2);
    fixture.stop().await;
}

#[tokio::test]
async fn limits() {
    let fixture = Fixture::new(|options| options.kernels_max = 1).await;
    let first = fixture.start_kernel().await;
    let mut page = fixture.open(&first, "tab").await;
    page.run("1").await;
    let (status, refusal) = fixture.ask("POST", "kernels").await;
    assert_eq!((status, &refusal["reason"]), (429, &json!("Too Many Requests")));
    let message = refusal["message"].as_str().expect("a message");
    assert!(message.starts_with("1 kernels are running, which is the limit of this server"), "{message}");

    page.socket.send(Frame::text("{")).await.expect("sent");
    assert_eq!(page.next().await, Err((1007, "that was not a message of the Jupyter protocol".to_owned())));
    let mut page = fixture.open(&first, "tab").await;
    let huge = json!({ "code": "x".repeat(9 << 20) });
    page.send(Channel::Shell, "execute_request", huge).await;
    let closed = loop {
        if let Err(closed) = page.next().await {
            break closed;
        }
    };
    assert_eq!(closed, (1009, "a message may have at most 8 MiB".to_owned()));
    drop(page);

    // The page has gone: its kernel makes room.
    let begun = Instant::now();
    while fixture.ask("POST", "kernels").await.0 != 201 {
        assert!(begun.elapsed() < Duration::from_secs(5), "no room was made");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(fixture.ask("GET", &format!("kernels/{first}")).await.0, 404);
    fixture.stop().await;
}

#[tokio::test]
async fn a_kernel_without_a_page_is_ended() {
    let fixture = Fixture::new(|options| options.idle_max = Duration::from_secs(1)).await;
    let kernel = fixture.start_kernel().await;
    let mut page = fixture.open(&kernel, "tab").await;
    page.run("1").await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(page.run("2").await, "2", "a kernel with a page is kept");
    drop(page);
    let begun = Instant::now();
    while fixture.ask("GET", "kernels").await.1 != json!([]) {
        assert!(begun.elapsed() < Duration::from_secs(8), "the kernel is still there");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    fixture.stop().await;
}

#[tokio::test]
async fn a_flood_reaches_a_reader_in_order() {
    let fixture = Fixture::new(|_| {}).await;
    let kernel = fixture.start_kernel().await;
    let mut page = fixture.open(&kernel, "tab").await;
    let text = page.run(&format!("for n in 0..20_000 {{ println!(\"{{n}} {LINES}\"); }}")).await;
    let expected: String = (0..20_000).map(|n| format!("{n} {LINES}\n")).collect();
    assert!(
        text.starts_with(&expected) || expected.starts_with(&text[..text.len().min(500_000)]),
        "out of order"
    );
    fixture.stop().await;
}

#[tokio::test]
async fn sockets_without_a_token_or_of_other_sites_are_refused() {
    let fixture = Fixture::new(|_| {}).await;
    let kernel = fixture.start_kernel().await;
    let base = format!("ws://localhost:{}/api/kernels/{kernel}/channels", fixture.port);
    for (url, origin) in [
        (base.clone(), None),
        (format!("{base}?token=wrong"), None),
        (format!("{base}?token={TOKEN}"), Some("http://attacker.example")),
    ] {
        let mut request = url.clone().into_client_request().expect("a request");
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().expect("a header"));
        }
        let stream = TcpStream::connect(("127.0.0.1", fixture.port)).await.expect("connected");
        let error = tokio_tungstenite::client_async(request, stream).await.expect_err("refused");
        assert!(error.to_string().contains("403"), "{url}: {error}");
    }
    fixture.stop().await;
}

#[tokio::test]
async fn binary_messages_of_jupyters_own_clients() {
    const PROTOCOL: &str = "v1.kernel.websocket.jupyter.org";
    let fixture = Fixture::new(|_| {}).await;
    let kernel = fixture.start_kernel().await;
    let path = format!("localhost:{}/api/kernels/{kernel}/channels?token={TOKEN}", fixture.port);
    let mut request = format!("ws://{path}").into_client_request().expect("a request");
    request.headers_mut().insert("sec-websocket-protocol", PROTOCOL.parse().expect("a header"));
    let stream = TcpStream::connect(("127.0.0.1", fixture.port)).await.expect("connected");
    let (mut socket, answer) = tokio_tungstenite::client_async(request, stream).await.expect("a socket");
    assert_eq!(answer.headers()["sec-websocket-protocol"], PROTOCOL);

    let message = Message::request(Channel::Shell, "execute_request", json!({ "code": "6 * 7" }));
    let message = serde_json::to_value(message).expect("JSON");
    let names = ["header", "parent_header", "metadata", "content"];
    let mut parts = vec![b"shell".to_vec()];
    parts.extend(names.map(|name| message[name].to_string().into_bytes()));
    let mut offset = 8 * (parts.len() as u64 + 2);
    let mut words = vec![parts.len() as u64 + 1, offset];
    words.extend(parts.iter().map(|part| {
        offset += part.len() as u64;
        offset
    }));
    let mut frame: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    frame.extend(parts.concat());
    socket.send(Frame::binary(frame)).await.expect("sent");

    let result = loop {
        let frame = tokio::time::timeout(Duration::from_secs(60), socket.next()).await.expect("in time");
        let Frame::Binary(frame) = frame.expect("open").expect("a frame") else { continue };
        let word = |index: usize| {
            let bytes = frame[8 * index..8 * index + 8].try_into().expect("8 bytes");
            usize::try_from(u64::from_le_bytes(bytes)).expect("small")
        };
        let part = |index: usize| &frame[word(index + 1)..word(index + 2)];
        let header: Value = serde_json::from_slice(part(1)).expect("JSON");
        if header["msg_type"] == "execute_result" {
            assert_eq!(part(0), b"iopub");
            break serde_json::from_slice::<Value>(part(4)).expect("JSON");
        }
    };
    assert_eq!(result["data"]["text/plain"], "42");
    fixture.stop().await;
}

/// The server is this very test, run once more in a process of its own.
#[tokio::test]
async fn a_killed_server_leaves_nothing_behind() {
    const FOLDER: &str = "SD35_TEST_SERVER_FOLDER";
    if let Some(folder) = std::env::var_os(FOLDER) {
        let server = Server::bind(options(Path::new(&folder))).await.expect("a port");
        let port = server.address().port().to_string();
        std::fs::write(Path::new(&folder).join("port"), port).expect("written");
        return server.run_until(std::future::pending()).await.expect("served");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "a_killed_server_leaves_nothing_behind"])
        .env(FOLDER, folder.path())
        .spawn()
        .expect("started");
    let port = loop {
        let text = std::fs::read_to_string(folder.path().join("port")).unwrap_or_default();
        if let Ok(port) = text.parse() {
            break port;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let fixture = Fixture { port, folder, stop: None, served: None };
    let kernel = fixture.start_kernel().await;
    let mut page = fixture.open(&kernel, "tab").await;
    let code = "std::process::Command::new(\"sleep\").arg(\"100\").spawn()?; \
                println!(\"looping\"); loop { std::hint::spin_loop() }";
    page.execute(code).await;
    page.until(|message| message.header.msg_type == "stream").await;
    let pid = &fixture.pids()[0];
    let temporary = folder_of(pid);
    assert!(temporary.exists() && session_members(pid).len() >= 3, "{:?}", session_members(pid));
    server.kill().expect("killed");
    server.wait().expect("ended");
    let begun = Instant::now();
    while temporary.exists() || !session_members(pid).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(5), "left behind: {:?}", session_members(pid));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The program that a terminal runs is told by the terminal's end alone.
#[tokio::test]
async fn a_killed_terminal_takes_the_server_its_kernels_and_their_servers_along() {
    let serve = format!("{} serve --port 0 --token {TOKEN}", env!("CARGO_BIN_EXE_sd35"));
    let mut terminal = Command::new("script")
        .args(["-qfc", &serve, "/dev/null"])
        .env("SHELL", "/bin/sh")
        .env("SD35_HISTORY", "")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("`script` of the package bsdutils");
    let mut lines = BufReader::new(terminal.stdout.take().expect("its output")).lines().map_while(Result::ok);
    let port = lines.find_map(|line| {
        let rest = line.trim().strip_prefix("http://127.0.0.1:")?.to_owned();
        rest.split_once('/')?.0.parse::<u16>().ok()
    });
    let port = port.expect("an address");
    let folder = tempfile::tempdir().expect("a folder");
    let fixture = Fixture { port, folder, stop: None, served: None };
    let kernel = fixture.start_kernel().await;
    let mut page = fixture.open(&kernel, "tab").await;
    let code = "let (redis, memcached) = (Redis::start().await?, Memcached::start(16).await?); \
                println!(\"{}\", redis.folder().expect(\"its own\").parent().expect(\"a home\").display()); \
                println!(\"{}\", std::process::id()); \
                println!(\"{}\", std::os::unix::process::parent_id());";
    let said = page.run(code).await;
    let words: Vec<&str> = said.lines().collect();
    let [home, child, kernel] = words[..] else { panic!("{said}") };
    assert!(Path::new(home).exists());
    terminal.kill().expect("killed");
    terminal.wait().expect("ended");
    let begun = Instant::now();
    let lives = |process: &str| {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        status.lines().any(|line| line.starts_with("State:") && !line.contains("zombie"))
    };
    let serves = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    while Path::new(home).exists() || lives(child) || lives(kernel) || serves() {
        let left = (Path::new(home).exists(), lives(child), lives(kernel), serves());
        assert!(begun.elapsed() < Duration::from_secs(5), "home, child, kernel, server: {left:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The folder of a kernel: its name begins with the process id.
fn folder_of(kernel: &str) -> PathBuf {
    let start = format!("sd35-kernel-{kernel}-");
    let mut all = std::fs::read_dir(std::env::temp_dir()).expect("a folder").flatten();
    let found = all.find(|entry| entry.file_name().to_string_lossy().starts_with(&start));
    found.expect("the kernel's folder").path()
}

/// The living processes of a kernel's session: the kernel, the process that runs its cells, and what those
/// started.
fn session_members(leader: &str) -> Vec<String> {
    let list = Command::new("ps").args(["-eo", "sid=,stat=,args="]).output().expect("ps");
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    list.lines()
        .filter(|line| {
            let mut fields = line.split_whitespace();
            fields.next() == Some(leader) && !fields.next().is_some_and(|state| state.starts_with('Z'))
        })
        .map(str::to_owned)
        .collect()
}
