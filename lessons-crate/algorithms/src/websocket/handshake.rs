//! An HTTP request that becomes a WebSocket.

use sha1::{Digest as _, Sha1};

use crate::gateway::base64url;

/// What the server adds to the client's key: a text that no other protocol uses.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The header `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key`. O(length).
///
/// It is no secret and proves no identity: it shows that whoever answers speaks WebSocket, not that a cache or a server
/// of another kind sent back what it got.
///
/// # Examples
///
/// ```
/// use lessons::websocket::accept_key;
///
/// // The example of the RFC.
/// assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// ```
///
/// # Sources
///
/// I. Fette, A. Melnikov, "The WebSocket Protocol", RFC 6455, 2011, sections 1.3 and 4.2.2.
pub fn accept_key(key: &str) -> String {
    base64url::encode_standard(&Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

/// Why a request does not become a WebSocket, with the HTTP status to answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// 400: it is no request for one. Behind a proxy: `Upgrade` and `Connection` are hop-by-hop and were not passed on.
    #[error("{0} is missing or not as needed: if there is a proxy, does it pass on Upgrade and Connection?")]
    NoUpgrade(&'static str),
    /// 426: a version that we do not speak.
    #[error("version {0:?} is not spoken, 13 is")]
    Version(String),
    /// 400: the key is not 16 bytes in base64.
    #[error("the key is not 16 bytes in base64")]
    Key,
    /// 403: a page of another site asks, and the browser would send our cookies along. CORS does not stop it.
    #[error("the page at {0:?} may not connect")]
    Origin(String),
}

impl Refused {
    /// The status of the answer.
    pub fn http_status(&self) -> u16 {
        match self {
            Self::NoUpgrade(_) | Self::Key => 400,
            Self::Version(_) => 426,
            Self::Origin(_) => 403,
        }
    }
}

/// The accept key for a request with these headers, if it may become a WebSocket.
///
/// With `origins`, a request from a browser must come from a page at one of them; programs send no `Origin`, and are let
/// in: this protects users from pages, not the server from programs.
///
/// # Complexity
///
/// O(headers × 5).
///
/// # Errors
///
/// See [`Refused`].
pub fn check_request(
    method: &str,
    headers: &[(&str, &str)],
    origins: Option<&[&str]>,
) -> Result<String, Refused> {
    let values = |name: &'static str| {
        headers.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    };
    let has_token = |name, token: &str| {
        values(name).flat_map(|value| value.split(',')).any(|own| own.trim().eq_ignore_ascii_case(token))
    };
    if method != "GET" {
        return Err(Refused::NoUpgrade("the method GET"));
    }
    if !has_token("upgrade", "websocket") {
        return Err(Refused::NoUpgrade("the header Upgrade: websocket"));
    }
    if !has_token("connection", "upgrade") {
        return Err(Refused::NoUpgrade("the header Connection: Upgrade"));
    }
    match values("sec-websocket-version").next() {
        Some("13") => {}
        other => return Err(Refused::Version(other.unwrap_or_default().to_owned())),
    }
    let mut keys = values("sec-websocket-key");
    let key = keys.next().filter(|_| keys.next().is_none()).ok_or(Refused::Key)?;
    base64url::decode_standard(key).filter(|key| key.len() == 16).ok_or(Refused::Key)?;
    if let (Some(allowed), Some(origin)) = (origins, values("origin").next())
        && !allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
    {
        return Err(Refused::Origin(origin.to_owned()));
    }
    Ok(accept_key(key))
}

/// The answer that turns the connection into a WebSocket; what follows are frames.
pub fn response(accept: &str) -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    )
}
