//! What stands behind the method, and what becomes of it.

/// Why a text is no request target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{method} {target:?} is no request: {problem}")]
pub struct TargetError {
    /// The method.
    pub method: String,
    /// What was behind it.
    pub target: String,
    /// What is wrong.
    pub problem: &'static str,
}

/// The four forms of a request target.
///
/// # Examples
///
/// ```
/// use lessons::proxy::RequestTarget;
///
/// // To a forward proxy: where to, in clear.
/// let target = RequestTarget::parse("GET", "http://shop.test:8080/cart?x=1")?;
/// assert_eq!(target, RequestTarget::Absolute {
///     scheme: "http".into(), host: "shop.test".into(), port: Some(8080), path: "/cart?x=1".into(),
/// });
/// // For a tunnel: only to whom; what is in it, the proxy cannot see.
/// let tunnel = RequestTarget::parse("CONNECT", "shop.test:443")?;
/// assert_eq!(tunnel, RequestTarget::Authority { host: "shop.test".into(), port: 443 });
/// # Ok::<(), lessons::proxy::TargetError>(())
/// ```
///
/// # Sources
///
/// R. Fielding, M. Nottingham, J. Reschke, "HTTP/1.1", RFC 9112, 2022, section 3.2; CONNECT: RFC 9110, section 9.3.6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestTarget {
    /// A path, with its query: to a server, or to what the client takes for one.
    Origin(String),
    /// A whole address: to a forward proxy.
    Absolute {
        /// `http`, as a rule.
        scheme: String,
        /// A name or address; one of IPv6 without its brackets.
        host: String,
        /// If it is not that of the scheme.
        port: Option<u16>,
        /// Path and query; `/` if there is none.
        path: String,
    },
    /// A host and port: a tunnel, please.
    Authority {
        /// A name or address; one of IPv6 without its brackets.
        host: String,
        /// It must be there.
        port: u16,
    },
    /// `*`: the server as a whole (OPTIONS).
    Asterisk,
}

impl RequestTarget {
    /// Reads what stands behind a method. O(length).
    ///
    /// # Errors
    ///
    /// A [`TargetError`]: a form that the method does not have, a port that is none, no host.
    pub fn parse(method: &str, target: &str) -> Result<Self, TargetError> {
        let error = |problem| TargetError { method: method.to_owned(), target: target.to_owned(), problem };
        if target.bytes().any(|byte| !(b'!'..=b'~').contains(&byte)) || target.contains('#') {
            return Err(error("it has a space, a #, or a sign that must be escaped"));
        }
        if method == "CONNECT" {
            return match authority(target) {
                Some((host, Some(port))) => Ok(Self::Authority { host, port }),
                _ => Err(error("a tunnel is asked for with a host and a port")),
            };
        }
        if target == "*" {
            return if method == "OPTIONS" {
                Ok(Self::Asterisk)
            } else {
                Err(error("* is for OPTIONS only"))
            };
        }
        if target.starts_with('/') {
            return Ok(Self::Origin(target.to_owned()));
        }
        let (scheme, rest) =
            target.split_once("://").ok_or_else(|| error("it is neither a path nor an address"))?;
        let letters = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        if !letters || !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(error("the scheme is none"));
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (host, port) = authority(&rest[..end]).ok_or_else(|| error("the host or the port is none"))?;
        let path = match &rest[end..] {
            path if path.starts_with('/') => path.to_owned(),
            query => format!("/{query}"),
        };
        Ok(Self::Absolute { scheme: scheme.to_ascii_lowercase(), host, port, path })
    }

    /// What a forward proxy sends to the server: the path, and the `Host` that it must set itself. Of a tunnel it sends
    /// nothing of its own.
    pub fn to_origin(&self) -> Option<(String, String)> {
        let Self::Absolute { host, port, path, .. } = self else { return None };
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        Some((path.clone(), port.map_or(host.clone(), |port| format!("{host}:{port}"))))
    }
}

/// Host and port; a user name before them is refused: nobody needs it, and it hides where a link leads.
fn authority(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, after)
        }
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port = match port.strip_prefix(':') {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
        None if port.is_empty() => None,
        _ => return None,
    };
    let good = !host.is_empty() && !host.contains(['@', '/', '?', '\\']);
    good.then(|| (host.to_ascii_lowercase(), port))
}

/// The path that nginx asks a server for, of `location PREFIX { proxy_pass http://server URI; }`: with a URI, be it only
/// `/`, it replaces the prefix; without one, the path goes on as it came. `None` when the path is not below the prefix.
///
/// # Examples
///
/// ```
/// use lessons::proxy::upstream_path;
///
/// assert_eq!(upstream_path("/api/users", "/api/", None).as_deref(), Some("/api/users"));
/// assert_eq!(upstream_path("/api/users", "/api/", Some("/")).as_deref(), Some("/users"));
/// // A slash that is missing in one of the two: a path that nobody wanted.
/// assert_eq!(upstream_path("/api/users", "/api", Some("/")).as_deref(), Some("//users"));
/// assert_eq!(upstream_path("/api/users", "/api/", Some("/v1")).as_deref(), Some("/v1users"));
/// ```
///
/// # Sources
///
/// "Module ngx_http_proxy_module" (`proxy_pass`), nginx documentation, read 2026.
pub fn upstream_path(path: &str, prefix: &str, uri: Option<&str>) -> Option<String> {
    let rest = path.strip_prefix(prefix)?;
    Some(uri.map_or(path.to_owned(), |uri| format!("{uri}{rest}")))
}
