//! A small web client: one request, its answer, and how long it took.
//!
//! Each request has a connection of its own, as from a new visitor, and gives up after 10 s.

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use algorithms::display::{MimeBundle, Render};
use algorithms::table::{Table, fixed};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::ground::error::{LabError, Task};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a web server answered.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status, such as 200.
    pub status: u16,
    /// Names (in small letters) and values, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The body, as text.
    pub body: String,
    /// From the start of connecting to the last byte.
    pub elapsed: Duration,
}

impl Response {
    /// The value of a header; its name in any letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// True for a status from 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "status {} in {:.1?}", self.status, self.elapsed)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {value}")?;
        }
        write!(f, "\n{}", self.body.trim_end())
    }
}

impl Render for Response {
    fn render(&self) -> MimeBundle {
        let milliseconds = fixed(self.elapsed.as_secs_f64() * 1000.0, 1);
        let mut table = Table::new(["", "value"]).row(["status", &self.status.to_string()]);
        table.push(["time in ms", &milliseconds]);
        for (name, value) in &self.headers {
            table.push([name, value]);
        }
        table.push(["body", self.body.trim_end()]);
        let html = table.render().get("text/html").unwrap_or_default().to_owned();
        MimeBundle::text(self.to_string()).with("text/html", html)
    }
}

algorithms::rich_display!(Response);

/// Asks for a page: `http::get("http://127.0.0.1:8080/")`.
///
/// # Errors
///
/// When nothing answers there. A status such as 500 is an answer.
pub fn get(url: &str) -> Task<'static, Response> {
    request("GET", url, &[], "")
}

/// Sends any request.
///
/// # Errors
///
/// When the address is none, or nothing answers there within 10 s.
pub fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Task<'static, Response> {
    let built = build(method, url, headers, body);
    let url = url.to_owned();
    Box::pin(async move {
        let (address, request) = built.map_err(|error| LabError::answer(&url, error))?;
        let begun = Instant::now();
        let answer = async {
            let mut connection = open(&address).await?;
            exchange(&mut connection, request).await
        };
        let answer = match tokio::time::timeout(PATIENCE, answer).await {
            Ok(answer) => answer.map_err(|error| LabError::answer(&url, error))?,
            Err(_) => {
                return Err(LabError::TooLong { what: format!("an answer of {url}"), waited: PATIENCE });
            }
        };
        Ok(Response { elapsed: begun.elapsed(), ..answer })
    })
}

type AnyError = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Connection = SendRequest<Full<Bytes>>;

/// The address to connect to, and the request for it.
pub(crate) fn build(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<(String, Request<Full<Bytes>>), AnyError> {
    let uri: Uri = url.parse()?;
    if uri.scheme_str() != Some("http") {
        return Err("the address must begin with http://".into());
    }
    let authority = uri.authority().ok_or("no host in the address")?;
    let address = format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80));
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::builder().method(method).uri(path).header("host", authority.as_str());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Ok((address, request.body(Full::new(Bytes::from(body.to_owned())))?))
}

/// A connection that requests can be sent on, one after the other.
pub(crate) async fn open(address: &str) -> Result<Connection, AnyError> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// Sends a request and reads the whole answer.
pub(crate) async fn exchange(
    connection: &mut Connection,
    request: Request<Full<Bytes>>,
) -> Result<Response, AnyError> {
    let answer = connection.send_request(request).await?;
    let status = answer.status().as_u16();
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers =
        answer.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let body = answer.into_body().collect().await?.to_bytes();
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Response { status, headers, body, elapsed: Duration::ZERO })
}

/// Any answer at all means ready.
pub(crate) async fn answers(address: SocketAddr) -> Result<(), LabError> {
    get(&format!("http://{address}/")).await.map(drop)
}
