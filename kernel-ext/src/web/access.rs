//! Who may ask, and what every answer carries.
//!
//! Three doors in a row: the Host header must name this server, with its port (a foreign name that resolves to
//! loopback would otherwise let its pages read ours), the Origin header of a browser must be ours (so that no other
//! site's page can call the API), and the API wants the token.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{StatusCode, Uri, uri::Authority};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

use super::error::Refusal;

/// The secret, kept as a digest only: comparing digests tells nothing by how long it takes.
pub(super) struct Token([u8; 32]);

impl Token {
    pub(super) fn new(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }

    fn is(&self, given: &str) -> bool {
        let given: [u8; 32] = Sha256::digest(given).into();
        given == self.0
    }
}

/// What is asked of every request.
pub(super) struct Access {
    pub(super) token: Token,
    /// What this server may be called, without the port.
    pub(super) names: Vec<String>,
    pub(super) port: u16,
}

impl Access {
    /// Whether a name with or without a port, as in an address, is this server's.
    fn is_us(&self, host: &str) -> bool {
        host.parse::<Authority>().is_ok_and(|host| {
            // What stands behind a colon is the port, and nothing; browsers leave out 80 only.
            let port = match host.as_str().strip_prefix(host.host()) {
                Some("") => Some(80),
                Some(_) => host.port_u16(),
                None => None,
            };
            port == Some(self.port) && self.names.iter().any(|name| name == host.host())
        })
    }
}

/// Lets a request through or answers it, and adds the headers that every answer carries.
pub(super) async fn guard(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_api = path == "/api" || path.starts_with("/api/");
    let mut response = match check(&access, request.headers(), request.uri(), is_api) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    add_headers(response.headers_mut(), is_api);
    response
}

fn check(access: &Access, headers: &HeaderMap, uri: &Uri, is_api: bool) -> Result<(), Refusal> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().unwrap_or_default(),
        (None, _) => "",
        // RFC 9112, section 3.2.
        (Some(_), Some(_)) => {
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "a request has one Host header"));
        }
    };
    // A request may name its host in the first line as well; that one would count.
    let in_line = uri.authority().is_none_or(|authority| authority.as_str() == host);
    if !in_line || !access.is_us(host) {
        let port = access.port;
        return Err(Refusal::forbidden(format!(
            "this server answers only as localhost:{port} or 127.0.0.1:{port}; open the address that `sd35 serve` \
             printed (a tunnel must have the same port at both ends)"
        )));
    }
    if !is_api {
        return Ok(());
    }
    if let Some(origin) = headers.get(header::ORIGIN)
        && origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://")) != Some(host)
    {
        return Err(Refusal::forbidden("pages of other sites may not use the kernels of this machine"));
    }
    if uri.path() == "/api" {
        return Ok(());
    }
    match given_token(headers, uri) {
        Some(given) if access.token.is(&given) => Ok(()),
        Some(_) => Err(Refusal::forbidden(
            "the token is not the one of this server; open the address that `sd35 serve` printed when it \
             started last",
        )),
        None => Err(Refusal::forbidden(
            "a token is needed; open the address that `sd35 serve` printed, or send the header \
             `Authorization: token ...`",
        )),
    }
}

/// From the header `Authorization: token T` or `Bearer T`, else from `?token=T`.
fn given_token(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        let known = scheme.eq_ignore_ascii_case("token") || scheme.eq_ignore_ascii_case("bearer");
        return known.then(|| token.trim().to_owned());
    }
    let pairs = uri.query()?.split('&');
    let token = pairs.filter_map(|pair| pair.strip_prefix("token=")).next()?;
    Some(percent_decoded(token))
}

/// Undoes `%41`; what is not valid stays as it is, and is then not the token.
pub(super) fn percent_decoded(text: &str) -> String {
    let digit = |byte: Option<&u8>| byte.and_then(|&byte| char::from(byte).to_digit(16));
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                decoded.extend(u8::try_from(high * 16 + low));
                at += 3;
            }
            (byte, ..) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn add_headers(headers: &mut HeaderMap, is_api: bool) {
    const ALWAYS: [(HeaderName, &str); 4] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if is_api {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
        headers.insert(header::CONTENT_SECURITY_POLICY, nothing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        let names = ["127.0.0.1", "[::1]", "localhost"].map(str::to_owned);
        let access = |port| Access { token: Token::new("abc"), names: names.to_vec(), port };
        for host in ["localhost:8035", "127.0.0.1:8035", "[::1]:8035"] {
            assert!(access(8035).is_us(host), "{host}");
            assert!(!access(8036).is_us(host), "{host}");
        }
        for host in [
            "",
            "localhost",
            "127.0.0.1",
            "localhost:",
            "localhost:80",
            "localhost:99999",
            "localhost:08035x",
            "LOCALHOST:8035",
            "127.0.0.1:8135,evil.test",
            "example.org:8035",
            "localhost.example.org:8035",
            "127.0.0.1.example.org:8035",
            "a@localhost:8035",
            "::1:8035",
        ] {
            assert!(!access(8035).is_us(host), "{host}");
        }
        assert!(access(80).is_us("localhost") && access(80).is_us("localhost:80"));
        // One family only: the other's address is somebody else's.
        let four = Access { names: names[..1].to_vec(), ..access(8035) };
        assert!(four.is_us("127.0.0.1:8035") && !four.is_us("[::1]:8035"));
    }

    #[test]
    fn tokens() {
        let given = |authorization: Option<&str>, uri: &str| {
            let mut headers = HeaderMap::new();
            if let Some(value) = authorization {
                headers.insert(header::AUTHORIZATION, value.parse().expect("a header"));
            }
            given_token(&headers, &uri.parse().expect("a path"))
        };
        let some = |token: &str| Some(token.to_owned());
        assert_eq!(given(Some("token abc"), "/"), some("abc"));
        assert_eq!(given(Some("Bearer abc"), "/?token=other"), some("abc"));
        assert_eq!(given(None, "/x?session_id=1&token=a%2Bb%"), some("a+b%"));
        assert_eq!(given(Some("Basic abc"), "/"), None);
        assert_eq!(given(None, "/?tokens=abc"), None);
        assert!(Token::new("abc").is("abc") && !Token::new("abc").is("abcd") && !Token::new("abc").is(""));
    }
}
