//! The server without a kernel: what any HTTP client sees. Kernels are in `tests/web.rs`.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use std::net::Ipv6Addr;

use super::*;

const TOKEN: &str = "the-token";

struct Fixture {
    address: SocketAddr,
    site: tempfile::TempDir,
}

struct Answer {
    status: u16,
    headers: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.headers.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

fn options(site: &Path) -> Options {
    let mut options = Options::new(site.to_owned()).expect("options");
    options.port = 0;
    options.token = Some(TOKEN.to_owned());
    options.command = vec!["/no/such/kernel".into()];
    options
}

impl Fixture {
    async fn new() -> Self {
        let site = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| std::fs::write(site.path().join(name), text).expect("written");
        write("index.html", "<!doctype html><script>let x = 1;</script><p>Hello");
        write("404.html", "<p>Lost?");
        write("book.js", "1");
        let server = Server::bind(options(site.path())).await.expect("a port");
        let address = server.address();
        tokio::spawn(server.run_until(std::future::pending()));
        Self { address, site }
    }

    /// Sends a request; `lines` are its first line and its headers. PORT in them is the server's.
    async fn ask(&self, lines: &[&str], body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.expect("connected");
        let head = lines.join("\r\n").replace("PORT", &self.address.port().to_string());
        let request = format!("{head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("answered");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Answer { status, headers: head.to_owned(), body: body.to_owned() }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(&[&format!("GET {path} HTTP/1.1"), "Host: localhost:PORT"], "").await
    }
}

#[tokio::test]
async fn the_book_needs_no_token() {
    let fixture = Fixture::new().await;
    let page = fixture.get("/").await;
    assert_eq!(page.status, 200);
    assert!(page.body.ends_with("Hello"));
    assert_eq!(page.header("content-type"), Some("text/html"));
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    let policy = page.header("content-security-policy").expect("a policy");
    // printf 'let x = 1;' | openssl dgst -sha256 -binary | base64
    assert!(policy.contains("'sha256-qtc3jf64UXA5J6U02kfQ0Cvn9Uz4wXUaN3NNUVgR2v4='"), "{policy}");
    assert!(
        policy.contains("frame-ancestors 'none'") && !policy.contains("script-src 'self' 'unsafe-inline'")
    );

    let script = fixture.get("/book.js?v=1").await;
    assert_eq!((script.status, script.header("content-type")), (200, Some("text/javascript")));
    let stamp = script.header("last-modified").expect("a date").to_owned();
    let again = fixture
        .ask(&["GET /book.js HTTP/1.1", "Host: localhost:PORT", &format!("If-Modified-Since: {stamp}")], "")
        .await;
    assert_eq!((again.status, again.header("content-security-policy")), (304, None));
}

#[tokio::test]
async fn what_is_not_there() {
    let fixture = Fixture::new().await;
    let page = fixture.get("/nowhere.html").await;
    assert_eq!((page.status, page.body.as_str()), (404, "<p>Lost?"));
    let above = fixture.get("/../../etc/passwd").await;
    assert_eq!(above.status, 404);
    assert_eq!(fixture.get("/%2e%2e/%2e%2e/etc/passwd").await.status, 404);
    std::fs::remove_file(fixture.site.path().join("404.html")).expect("removed");
    let bare = fixture.get("/nowhere.html").await;
    assert_eq!(bare.status, 404);
    assert!(bare.body.contains("There is no such page"), "{}", bare.body);
    for path in ["/api/contents", "/api/kernels/none"] {
        let missing = fixture.get(&format!("{path}?token={TOKEN}")).await;
        assert_eq!(missing.status, 404, "{path}");
        assert_eq!(missing.json()["reason"], "Not Found", "{path}");
    }
}

#[tokio::test]
async fn the_api_needs_the_token() {
    let fixture = Fixture::new().await;
    for path in
        ["/api/status", "/api/kernels", "/api/kernelspecs", "/api/kernels/x", "/api/kernels/x/channels"]
    {
        let without = fixture.get(path).await;
        assert_eq!(without.status, 403, "{path}");
        let message = without.json()["message"].as_str().expect("a message").to_owned();
        assert!(message.starts_with("a token is needed; open the address"), "{message}");
        let wrong = fixture.get(&format!("{path}?token=the-tokem")).await;
        assert_eq!(wrong.status, 403, "{path}");
        let message = wrong.json()["message"].as_str().expect("a message").to_owned();
        assert!(message.starts_with("the token is not the one of this server"), "{message}");
    }
    for header in ["Authorization: token the-token", "Authorization: Bearer the-token"] {
        let answer = fixture.ask(&["GET /api/kernels HTTP/1.1", "Host: 127.0.0.1:PORT", header], "").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "[]"), "{header}");
    }
    let open = fixture.get("/api").await;
    assert_eq!((open.status, &open.json()["server"]), (200, &Value::from("sd35")));
    assert_eq!(open.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn other_names_and_other_sites_are_refused() {
    let fixture = Fixture::new().await;
    for path in ["/", "/api", "/api/status?token=the-token"] {
        let first = format!("GET {path} HTTP/1.1");
        let rebound = fixture.ask(&[&first, "Host: attacker.example:8035"], "").await;
        assert_eq!(rebound.status, 403, "{path}");
        assert!(rebound.body.contains("this server answers only as localhost"), "{}", rebound.body);
    }
    let status = "GET /api/status?token=the-token HTTP/1.1";
    for origin in ["http://attacker.example", "null", "http://localhost:9999", "https://localhost:8035"] {
        let header = format!("Origin: {origin}");
        let other = fixture.ask(&[status, "Host: localhost:PORT", &header], "").await;
        assert_eq!(other.status, 403, "{origin}");
        assert!(other.body.contains("pages of other sites"), "{}", other.body);
    }
    let own = fixture.ask(&[status, "Host: localhost:PORT", "Origin: http://localhost:PORT"], "").await;
    assert_eq!((own.status, &own.json()["kernels"]), (200, &Value::from(0)));
}

#[tokio::test]
async fn the_host_is_named_once_and_with_its_port() {
    let fixture = Fixture::new().await;
    let status = "GET /api/status?token=the-token HTTP/1.1";
    for (lines, expected) in [
        (&[status, "Host: localhost:1"][..], 403),
        (&[status, "Host: localhost"], 403),
        (&[status, "Host: 127.0.0.1:PORT,evil.test"], 403),
        (&[status], 403),
        (&[status, "Host: localhost:PORT", "Host: evil.test"], 400),
        (&["GET http://evil.test/api/status?token=the-token HTTP/1.1", "Host: localhost:PORT"], 403),
        (&["GET http://localhost:PORT/api/status?token=the-token HTTP/1.1", "Host: localhost:PORT"], 200),
    ] {
        assert_eq!(fixture.ask(lines, "").await.status, expected, "{lines:?}");
    }
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a test says what it could not try")]
async fn the_name_localhost_is_ours_in_both_families() {
    let fixture = Fixture::new().await;
    let port = fixture.address.port();
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        println!("not tried: this machine has no IPv6");
        return;
    }
    // Nobody else can listen there, and we answer there.
    assert!(std::net::TcpListener::bind(("::1", port)).is_err());
    let six = Fixture { address: SocketAddr::from((Ipv6Addr::LOCALHOST, port)), ..fixture };
    let answer = six.ask(&["GET /api HTTP/1.1", "Host: [::1]:PORT"], "").await;
    assert_eq!((answer.status, &answer.json()["server"]), (200, &Value::from("sd35")));
    let taken = std::net::TcpListener::bind("[::1]:0").expect("a port");
    let mut half = options(six.site.path());
    half.port = taken.local_addr().expect("an address").port();
    let refused = Server::bind(half).await.expect_err("taken").to_string();
    assert!(refused.contains("is taken by another program"), "{refused}");
}

#[tokio::test]
async fn a_client_that_does_not_say_what_it_wants_is_let_go() {
    let fixture = Fixture::new().await;
    for begin in [
        "",
        "GET / HTT",
        "GET / HTTP/1.1\r\nHost: localh",
        "GET /api HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(fixture.address).await.expect("connected");
        let begin = begin.replace("PORT", &fixture.address.port().to_string());
        stream.write_all(begin.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        let closed = tokio::time::timeout(Duration::from_secs(10), stream.read_to_string(&mut answer));
        assert!(closed.await.is_ok(), "still open after {begin:?}");
    }
}

#[tokio::test]
async fn a_link_out_of_the_site_is_not_followed() {
    let fixture = Fixture::new().await;
    std::os::unix::fs::symlink("/etc/passwd", fixture.site.path().join("link.html")).expect("made");
    std::os::unix::fs::symlink("/etc", fixture.site.path().join("folder")).expect("made");
    for path in ["/link.html", "/folder/passwd", "/folder/"] {
        let answer = fixture.get(path).await;
        assert_eq!((answer.status, answer.body.as_str()), (404, "<p>Lost?"), "{path}");
    }
}

#[tokio::test]
async fn a_kernel_that_cannot_start_is_explained() {
    let fixture = Fixture::new().await;
    let start = ["POST /api/kernels?token=the-token HTTP/1.1", "Host: localhost:PORT"];
    let answer = fixture.ask(&start, "").await;
    assert_eq!(answer.status, 500);
    assert!(answer.body.contains("the kernel could not be started: No such file"), "{}", answer.body);
    for (body, expected) in
        [("{", "the body must be like"), (r#"{"name":"python3"}"#, "one kind of kernel, sd35")]
    {
        let answer = fixture.ask(&start, body).await;
        assert_eq!(answer.status, 400);
        assert!(answer.body.contains(expected), "{}", answer.body);
    }
    assert_eq!(
        fixture.ask(&["PUT /api/kernels?token=the-token HTTP/1.1", "Host: localhost:PORT"], "").await.status,
        405
    );
}

#[tokio::test]
async fn a_taken_port_is_explained() {
    let fixture = Fixture::new().await;
    let mut taken = options(fixture.site.path());
    taken.port = fixture.address.port();
    let refused = Server::bind(taken.clone()).await.expect_err("taken").to_string();
    let port = taken.port;
    assert_eq!(
        refused,
        format!(
            "port {port} is taken by another `sd35 serve`; stop that one, or choose another port with --port"
        )
    );
    let other = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    taken.port = other.local_addr().expect("an address").port();
    let refused = Server::bind(taken).await.expect_err("taken").to_string();
    assert!(refused.contains("is taken by another program"), "{refused}");
}

#[tokio::test]
async fn tokens_are_never_empty_and_never_the_same() {
    let site = tempfile::tempdir().expect("a folder");
    let mut empty = options(site.path());
    empty.token = Some(String::new());
    assert!(Server::bind(empty).await.is_err());
    let mut unset = options(site.path());
    unset.token = None;
    for bad in ["x", "with&sign-in-it"] {
        let mut short = options(site.path());
        short.token = Some(bad.to_owned());
        let refused = Server::bind(short).await.expect_err("refused").to_string();
        assert!(refused.starts_with("the token is what keeps other programs out"), "{refused}");
    }
    let one = Server::bind(unset.clone()).await.expect("a port").url();
    let two = Server::bind(unset).await.expect("a port").url();
    let token = |url: &str| url.split_once("/?token=").expect("a token").1.to_owned();
    assert_eq!(token(&one).len(), 32);
    assert_ne!(token(&one), token(&two));
}

#[test]
fn what_a_dropped_process_started_is_gone() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let file = tempfile::NamedTempFile::new().expect("a file");
    let script = format!("sleep 60 & echo $! > {}; wait", file.path().display());
    let pid = runtime.block_on(async {
        let process = process::Process::start(&["sh".into(), "-c".into(), script.into()]).expect("started");
        let pid = loop {
            let text = std::fs::read_to_string(file.path()).expect("readable");
            if text.ends_with('\n') {
                break text.trim().to_owned();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        drop(process);
        pid
    });
    let is_alive = || {
        let state = Command::new("ps").args(["-o", "stat=", "-p", &pid]).output().expect("ps");
        let state = String::from_utf8_lossy(&state.stdout).trim().to_owned();
        !state.is_empty() && !state.starts_with('Z')
    };
    let begun = std::time::Instant::now();
    while is_alive() {
        assert!(begun.elapsed() < Duration::from_secs(5), "process {pid} is left behind");
        std::thread::sleep(Duration::from_millis(20));
    }
}
