//! Who is the client, if others are in between?

use std::net::IpAddr;

/// Why a header says nothing that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no address of a client")]
pub struct ForwardedError(pub String);

/// The address of the client: the first from the right that is not one of our own proxies.
///
/// Each proxy appends the address that it was called from, so what stands to the right was written by those nearest to us.
/// Whatever a client sends itself stands further left, and is never reached. If the direct peer is not one of ours, it is
/// the client, and the header is its own invention.
///
/// If all are ours, the request began inside: then it is the leftmost.
///
/// # Complexity
///
/// O(hops × cost of `is_trusted`).
///
/// # Examples
///
/// ```
/// use std::net::IpAddr;
///
/// use lessons::proxy::client_ip;
///
/// let ip = |text: &str| text.parse::<IpAddr>().unwrap();
/// let ours = |address: IpAddr| address.to_string().starts_with("10.");
/// let header = [ip("1.1.1.1"), ip("198.51.100.7"), ip("10.0.0.2")];
/// assert_eq!(client_ip(&header, ip("10.0.0.1"), ours), ip("198.51.100.7"), "1.1.1.1 is what it claims");
/// assert_eq!(client_ip(&header, ip("203.0.113.9"), ours), ip("203.0.113.9"));
/// ```
///
/// # Sources
///
/// A. Petersson, M. Nilsson, "Forwarded HTTP Extension", RFC 7239, 2014, section 8.1; `real_ip_recursive` of nginx's
/// `ngx_http_realip_module` does the same.
pub fn client_ip(forwarded_for: &[IpAddr], peer: IpAddr, is_trusted: impl Fn(IpAddr) -> bool) -> IpAddr {
    // An IPv4 client on a socket of IPv6 is the same client.
    let mut nearest = peer.to_canonical();
    for address in forwarded_for.iter().rev().map(IpAddr::to_canonical) {
        if !is_trusted(nearest) {
            break;
        }
        nearest = address;
    }
    nearest
}

/// The addresses of all `X-Forwarded-For` headers of a request, in order: several headers are one list.
///
/// # Errors
///
/// When an entry is no address, with or without a port: then the whole list is of no use, as nobody knows what is missing.
pub fn parse_forwarded_for<'a>(
    values: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<IpAddr>, ForwardedError> {
    let entries = values.into_iter().flat_map(|value| value.split(',')).map(str::trim);
    entries.map(|entry| address(entry).ok_or_else(|| ForwardedError(entry.to_owned()))).collect()
}

/// An address as proxies write it: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let port =
        |text: &str| !text.is_empty() && text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(rest) = text.strip_prefix('[') {
        let (address, after) = rest.split_once(']')?;
        let good = after.is_empty() || after.strip_prefix(':').is_some_and(port);
        return address.parse().ok().filter(|address: &IpAddr| good && address.is_ipv6());
    }
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let (address, after) = text.split_once(':')?;
    address.parse().ok().filter(|address: &IpAddr| address.is_ipv4() && port(after))
}

/// What one proxy says of the request that it got (RFC 7239). Names and values other than these are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hop {
    /// Who called it: an address, `unknown`, or a name with `_` before it.
    pub for_: Option<String>,
    /// Where it was called.
    pub by: Option<String>,
    /// What the `Host` header said.
    pub host: Option<String>,
    /// `http` or `https`.
    pub proto: Option<String>,
}

impl Hop {
    /// The address of who called, if it is one.
    pub fn address(&self) -> Option<IpAddr> {
        address(self.for_.as_deref()?)
    }
}

/// The hops of a `Forwarded` header, the nearest last.
///
/// # Errors
///
/// When it is not a list of `name=value`, or a name is there twice in one hop.
///
/// # Examples
///
/// ```
/// use lessons::proxy::parse_forwarded;
///
/// let hops = parse_forwarded(r#"for=192.0.2.60;proto=https, for="[2001:db8::1]:4711";by=_edge"#)?;
/// assert_eq!(hops[0].proto.as_deref(), Some("https"));
/// assert_eq!(hops[1].address(), "2001:db8::1".parse().ok());
/// # Ok::<(), lessons::proxy::ForwardedError>(())
/// ```
pub fn parse_forwarded(value: &str) -> Result<Vec<Hop>, ForwardedError> {
    let error = || ForwardedError(value.to_owned());
    let mut hops = vec![Hop::default()];
    let mut rest = value;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        let (name, after) = rest.split_once('=').ok_or_else(error)?;
        let (text, after) = token_or_quoted(after).ok_or_else(error)?;
        let mut other = None;
        let hop = hops.last_mut().ok_or_else(error)?;
        let place = match name.trim_end().to_ascii_lowercase().as_str() {
            "for" => &mut hop.for_,
            "by" => &mut hop.by,
            "host" => &mut hop.host,
            "proto" => &mut hop.proto,
            name if !name.is_empty() && name.bytes().all(is_token) => &mut other,
            _ => return Err(error()),
        };
        if place.replace(text).is_some() {
            return Err(error());
        }
        rest = after.trim_start_matches([' ', '\t']);
        match rest.as_bytes().first() {
            None => return Ok(hops),
            Some(b',') => hops.push(Hop::default()),
            Some(b';') => {}
            Some(_) => return Err(error()),
        }
        rest = &rest[1..];
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// A word, or a text in quotes with its escapes undone, and what follows.
fn token_or_quoted(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.bytes().position(|byte| !is_token(byte)).unwrap_or(text.len());
        return (end > 0).then(|| (text[..end].to_owned(), &text[end..]));
    };
    let (mut found, mut letters) = (String::new(), quoted.char_indices());
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((found, &quoted[at + 1..])),
            '\\' => found.push(letters.next()?.1),
            other => found.push(other),
        }
    }
    None
}
