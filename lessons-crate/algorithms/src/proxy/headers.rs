//! Headers that are for one connection, and requests that may be sent twice.

/// Headers that are for the next hop only, whatever `Connection` says.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "proxy-connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "proxy-authenticate",
    "proxy-authorization",
];

/// The headers that a proxy sends on: without those for this connection, and without those that `Connection` names. A
/// `Via` is added, or made longer, which also shows when requests go in a circle.
///
/// That is why a WebSocket does not come through a proxy that was not told of it: `Upgrade` is for one hop.
///
/// # Complexity
///
/// O(headers × names in `Connection`).
///
/// # Examples
///
/// ```
/// use lessons::proxy::forward_headers;
///
/// let headers = [("Host", "shop.test"), ("Connection", "close, X-Debug"), ("X-Debug", "1"), ("Upgrade", "websocket")];
/// let sent = forward_headers(&headers, "1.1 edge");
/// assert_eq!(sent, [("Host".into(), "shop.test".into()), ("Via".into(), "1.1 edge".into())]);
/// ```
///
/// # Sources
///
/// R. Fielding, M. Nottingham, J. Reschke, "HTTP Semantics", RFC 9110, 2022, sections 7.6.1 and 7.6.3.
pub fn forward_headers(headers: &[(&str, &str)], via: &str) -> Vec<(String, String)> {
    let connection = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("connection"));
    let named: Vec<&str> = connection
        .flat_map(|(_, value)| value.split(','))
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    let ends_here = |name: &str| HOP_BY_HOP.iter().chain(&named).any(|own| own.eq_ignore_ascii_case(name));
    let mut sent: Vec<(String, String)> = headers
        .iter()
        .filter(|(name, _)| !ends_here(name))
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    match sent.iter_mut().rfind(|(name, _)| name.eq_ignore_ascii_case("via")) {
        Some((_, value)) => *value = format!("{value}, {via}"),
        None => sent.push(("Via".to_owned(), via.to_owned())),
    }
    sent
}

/// Whether a proxy may send a request to another server after the first one failed: when nothing of it was sent, or when
/// doing it twice is as doing it once (GET, HEAD, OPTIONS, TRACE, PUT, DELETE). What was done before the connection broke,
/// nobody knows.
///
/// # Sources
///
/// RFC 9110, section 9.2.2.
pub fn may_retry(method: &str, bytes_sent: u64) -> bool {
    bytes_sent == 0 || ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"].contains(&method)
}
