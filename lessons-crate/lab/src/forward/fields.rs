//! Which fields of a message are passed on.

use hyper::header::{CONNECTION, HeaderMap, HeaderValue, TE, UPGRADE};

/// What belongs to one connection and is not passed on (RFC 9110, section 7.6.1).
const OF_THE_CONNECTION: [&str; 6] =
    ["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"];

/// Leaves out what belongs to the connection: these fields, and those that `Connection` names.
pub(super) fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::with_capacity(headers.len());
    // Most messages name none.
    let some_named = headers.contains_key(CONNECTION);
    for (name, value) in headers {
        let named = some_named && names(headers, CONNECTION, name.as_str());
        if !named && !OF_THE_CONNECTION.contains(&name.as_str()) {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

/// Whether the sender of these fields takes trailers. Who passes them on says so for itself.
pub(super) fn takes_trailers(headers: &HeaderMap) -> bool {
    names(headers, TE, "trailers")
}

/// Says that trailers are taken, to a backend that is asked by HTTP/1 or HTTP/2.
pub(super) fn take_trailers(headers: &mut HeaderMap, http2: bool) {
    headers.insert(TE, HeaderValue::from_static("trailers"));
    if !http2 {
        headers.insert(CONNECTION, HeaderValue::from_static("te"));
    }
}

/// The protocol that a connection of HTTP/1 is to change to, such as `websocket`.
pub(super) fn upgrade(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(UPGRADE).filter(|_| names(headers, CONNECTION, "upgrade")).cloned()
}

/// Says that a connection changes to another protocol.
pub(super) fn set_upgrade(headers: &mut HeaderMap, protocol: HeaderValue) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, protocol);
}

/// Whether a field that is a list has this word in it.
fn names(headers: &HeaderMap, field: hyper::header::HeaderName, word: &str) -> bool {
    let values = headers.get_all(field);
    let mut words = values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    words.any(|own| own.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        let value = |value: &str| HeaderValue::from_str(value).expect("a value");
        fields.iter().map(|&(name, text)| (name.parse().expect("a name"), value(text))).collect()
    }

    #[test]
    fn what_belongs_to_a_connection_stays_there() {
        let all = headers(&[
            ("connection", "close, X-Hop"),
            ("keep-alive", "5"),
            ("te", "trailers;q=1, gzip"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "websocket"),
            ("x-hop", "1"),
            ("trailer", "x-sum"),
            ("accept", "*/*"),
        ]);
        assert_eq!(end_to_end(&all), headers(&[("trailer", "x-sum"), ("accept", "*/*")]));
        assert!(takes_trailers(&all) && !takes_trailers(&headers(&[("te", "gzip")])));
        // Named, but not for this connection.
        assert_eq!(upgrade(&all), None);
        let asked = headers(&[("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")]);
        assert_eq!(upgrade(&asked), Some(HeaderValue::from_static("websocket")));
    }
}
