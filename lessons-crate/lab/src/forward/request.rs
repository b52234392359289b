//! A request as it is sent on.

use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderValue};
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Version};

use super::fields;
use crate::body::AnyError;

/// A body that is no longer than this, in bytes, is read whole before it is passed on. A longer request is refused.
pub(crate) const MOST_KEPT: usize = 1024 * 1024;

/// A request as it is sent on.
pub(crate) struct Forwarded {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    body: Option<Sent>,
    /// Whether it came by HTTP/2, and goes on so.
    pub(super) http2: bool,
    takes_trailers: bool,
    pub(super) upgrade: Option<Upgrade>,
}

/// What the client wants its connection to become.
pub(super) struct Upgrade {
    pub(super) protocol: HeaderValue,
    pub(super) client: OnUpgrade,
}

impl Forwarded {
    /// Takes a request, takes off what belongs to its connection, and notes whom it came from; `None` when its body
    /// is too large, or breaks off.
    ///
    /// A body of a known length is read whole, so that it can be sent again. One of unknown length streams: nothing
    /// of it is kept, so it can be sent once.
    pub(crate) async fn read(request: Request<Incoming>, peer: SocketAddr) -> Option<Self> {
        let (mut parts, body) = request.into_parts();
        let body = match body.size_hint().exact() {
            Some(size) if size > MOST_KEPT as u64 => return None,
            Some(_) => Sent::Whole(Full::new(Limited::new(body, MOST_KEPT).collect().await.ok()?.to_bytes())),
            None => Sent::Stream(body),
        };
        let mut headers = fields::end_to_end(&parts.headers);
        headers.remove(CONTENT_LENGTH);
        let before = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
        let chain = before.map_or_else(|| peer.ip().to_string(), |before| format!("{before}, {}", peer.ip()));
        if let Ok(chain) = HeaderValue::from_str(&chain) {
            headers.insert("x-forwarded-for", chain);
        }
        let upgrade = fields::upgrade(&parts.headers)
            .and_then(|protocol| Some(Upgrade { protocol, client: parts.extensions.remove()? }));
        Some(Self {
            path: parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            http2: parts.version == Version::HTTP_2,
            takes_trailers: fields::takes_trailers(&parts.headers),
            method: parts.method,
            body: Some(body),
            headers,
            upgrade,
        })
    }

    /// A question of our own, with the fields of another request.
    pub(crate) fn get(path: String, headers: HeaderMap) -> Self {
        let body = Some(Sent::Whole(Full::default()));
        Self { method: Method::GET, path, headers, body, http2: false, takes_trailers: false, upgrade: None }
    }

    /// Whether it can be done a second time, and doing it twice is the same as once (RFC 9110, section 9.2.2).
    pub(crate) fn is_repeatable(&self) -> bool {
        let idempotent = [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS];
        idempotent.contains(&self.method) && matches!(self.body, Some(Sent::Whole(_)))
    }

    /// The request for a backend. A body that streams goes with it, and comes back by [`give_back`](Self::give_back).
    pub(super) fn build(&mut self, backend: SocketAddr) -> Result<Request<Sent>, AnyError> {
        let body = match &self.body {
            Some(Sent::Whole(body)) => Sent::Whole(body.clone()),
            _ => self.body.take().ok_or("its body is gone already")?,
        };
        let mut built = Request::builder().method(self.method.clone());
        built = if self.http2 {
            built.version(Version::HTTP_2).uri(format!("http://{backend}{}", self.path))
        } else {
            built.uri(&self.path)
        };
        let mut built = built.body(body)?;
        let headers = built.headers_mut();
        *headers = self.headers.clone();
        if self.http2 {
            // HTTP/2 says it in the address.
            headers.remove(HOST);
        } else {
            headers.insert(HOST, backend.to_string().parse()?);
        }
        if self.takes_trailers {
            fields::take_trailers(headers, self.http2);
        }
        if let Some(upgrade) = &self.upgrade {
            fields::set_upgrade(headers, upgrade.protocol.clone());
        }
        Ok(built)
    }

    /// Takes back what was not sent.
    pub(super) fn give_back(&mut self, request: Request<Sent>) {
        self.body = Some(request.into_body());
    }
}

/// A body on its way to a backend.
pub(crate) enum Sent {
    Whole(Full<Bytes>),
    Stream(Incoming),
}

impl Body for Sent {
    type Data = Bytes;
    type Error = AnyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, AnyError>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(cx).map_err(|never| match never {}),
            Self::Stream(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Stream(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Stream(body) => body.size_hint(),
        }
    }
}
