//! Passing a request on to a backend: what our own gateway and balancers share.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use crate::door::Answer;
use crate::http::{self, Connection};

/// No body of a request is larger, in bytes.
const MOST_SENT: usize = 1024 * 1024;
/// No body of an answer is larger, in bytes.
const MOST_ANSWERED: usize = 16 * 1024 * 1024;
/// More idle connections to one backend are not kept.
const MOST_IDLE: usize = 64;

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// A request as it is sent on.
#[derive(Clone)]
pub(crate) struct Forwarded {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Forwarded {
    /// Reads a request whole, takes off what belongs to its connection, and notes whom it came from; `None` when
    /// its body is too large, or breaks off.
    pub(crate) async fn read(request: Request<Incoming>, peer: SocketAddr) -> Option<Self> {
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, MOST_SENT).collect().await.ok()?.to_bytes();
        let mut headers = end_to_end(&parts.headers);
        headers.remove("content-length");
        let before = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
        let chain = before.map_or_else(|| peer.ip().to_string(), |before| format!("{before}, {}", peer.ip()));
        if let Ok(chain) = HeaderValue::from_str(&chain) {
            headers.insert("x-forwarded-for", chain);
        }
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Some(Self { method: parts.method, path, headers, body })
    }

    /// Whether doing it twice is the same as once (RFC 9110, section 9.2.2).
    pub(crate) fn is_idempotent(&self) -> bool {
        [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS].contains(&self.method)
    }

    fn build(&self, backend: SocketAddr) -> Result<Request<Full<Bytes>>, AnyError> {
        let body = Full::new(self.body.clone());
        let mut built = Request::builder().method(self.method.clone()).uri(&self.path).body(body)?;
        *built.headers_mut() = self.headers.clone();
        built.headers_mut().insert("host", backend.to_string().parse()?);
        Ok(built)
    }
}

/// Why a backend did not answer.
pub(crate) enum Failure {
    /// It never got the request: another one may have it.
    NotSent,
    /// It may have got it, and may have done it.
    Broken,
}

/// Connections to backends, kept open for the next request.
#[derive(Default)]
pub(crate) struct Connections {
    idle: Mutex<BTreeMap<SocketAddr, Vec<Connection>>>,
}

impl Connections {
    /// Sends the request to the backend, and reads its whole answer.
    pub(crate) async fn ask(&self, backend: SocketAddr, request: &Forwarded) -> Result<Answer, Failure> {
        if let Some(mut kept) = self.take(backend).await {
            match exchange(&mut kept, backend, request).await {
                // It was closed just before it could be used: a new one will do.
                Err(Failure::NotSent) => {}
                answer => {
                    self.keep(backend, kept, answer.is_ok());
                    return answer;
                }
            }
        }
        let mut new = http::open(&backend.to_string()).await.map_err(|_| Failure::NotSent)?;
        let answer = exchange(&mut new, backend, request).await;
        self.keep(backend, new, answer.is_ok());
        answer
    }

    /// A connection that can be used again.
    async fn take(&self, backend: SocketAddr) -> Option<Connection> {
        loop {
            let mut kept = self.idle().get_mut(&backend)?.pop()?;
            if kept.ready().await.is_ok() {
                return Some(kept);
            }
        }
    }

    fn keep(&self, backend: SocketAddr, connection: Connection, well: bool) {
        let mut idle = self.idle();
        let kept = idle.entry(backend).or_default();
        if well && !connection.is_closed() && kept.len() < MOST_IDLE {
            kept.push(connection);
        }
    }

    fn idle(&self) -> MutexGuard<'_, BTreeMap<SocketAddr, Vec<Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn exchange(
    connection: &mut Connection,
    backend: SocketAddr,
    request: &Forwarded,
) -> Result<Answer, Failure> {
    let built = request.build(backend).map_err(|_| Failure::Broken)?;
    let sent = connection.send_request(built).await;
    let answer =
        sent.map_err(|error| if error.is_canceled() { Failure::NotSent } else { Failure::Broken })?;
    let (mut parts, body) = answer.into_parts();
    let body = Limited::new(body, MOST_ANSWERED).collect().await.map_err(|_| Failure::Broken)?.to_bytes();
    parts.headers = end_to_end(&parts.headers);
    Ok(Answer::from_parts(parts, Full::new(body)))
}

/// What belongs to one connection and is not passed on (RFC 9110, section 7.6.1).
const OF_THE_CONNECTION: [&str; 7] =
    ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

/// Leaves out what belongs to the connection: these fields, and those that `Connection` names.
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named = headers.get_all("connection").iter().filter_map(|value| value.to_str().ok());
    let named: Vec<String> =
        named.flat_map(|value| value.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect();
    let mut kept = HeaderMap::new();
    for (name, value) in headers {
        if !OF_THE_CONNECTION.contains(&name.as_str()) && !named.iter().any(|own| own == name.as_str()) {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

/// An answer of our own.
pub(crate) fn plain(status: u16, text: &str) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(text.to_owned())));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    answer
}
