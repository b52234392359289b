//! The PROXY protocol: who the client is, before the first byte of whatever it says.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The twelve bytes that begin version 2: no HTTP request, and no TLS, looks like it.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// The longest line of version 1, with its end.
const LINE_BYTES_MAX: usize = 107;

/// Which of the two forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyVersion {
    /// A line of text.
    One,
    /// Bytes.
    Two,
}

/// Why bytes are no header. The connection must be closed: what came is not to be taken for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyProtocolError {
    /// It begins with something else: the one who calls does not speak the protocol, or is not a proxy.
    #[error("this does not begin with a PROXY header: is the balancer set to send one?")]
    Missing,
    /// A line of version 1 that is too long or not as it should be.
    #[error("the PROXY line is not as it should be")]
    Line,
    /// A version, command or family that does not exist.
    #[error("the PROXY header has {0:#04x} where its version, command or family should be")]
    Unknown(u8),
    /// The addresses do not fit into the stated length.
    #[error("the PROXY header is too short for its addresses")]
    Length,
}

/// Who called the proxy, and where.
///
/// It must only be believed from a proxy of our own: who can reach the port can claim to be anybody.
///
/// # Complexity
///
/// O(length).
///
/// # Examples
///
/// ```
/// use lessons::proxy::{ProxyHeader, ProxyVersion};
///
/// let line = b"PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\nGET / HTTP/1.1\r\n";
/// let (header, used) = ProxyHeader::parse(line)?.expect("it is all there");
/// assert_eq!(header.source, "192.0.2.1:56324".parse().ok());
/// assert!(line[used..].starts_with(b"GET"));
/// assert_eq!(header.encode(ProxyVersion::Two).len(), 16 + 12);
/// # Ok::<(), lessons::proxy::ProxyProtocolError>(())
/// ```
///
/// # Sources
///
/// W. Tarreau, "The PROXY Protocol, Versions 1 & 2", HAProxy Technologies, 2020.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxyHeader {
    /// The client; `None` when the proxy speaks for itself (a health check), or does not know.
    pub source: Option<SocketAddr>,
    /// Where the client called.
    pub destination: Option<SocketAddr>,
}

impl ProxyHeader {
    /// The header. Addresses of two families, and a missing one, are sent as unknown.
    pub fn encode(&self, version: ProxyVersion) -> Vec<u8> {
        let pair = self.source.zip(self.destination).filter(|(from, to)| from.is_ipv4() == to.is_ipv4());
        match version {
            ProxyVersion::One => match pair {
                None => b"PROXY UNKNOWN\r\n".to_vec(),
                Some((from, to)) => {
                    let family = if from.is_ipv4() { "TCP4" } else { "TCP6" };
                    format!("PROXY {family} {} {} {} {}\r\n", from.ip(), to.ip(), from.port(), to.port())
                        .into_bytes()
                }
            },
            ProxyVersion::Two => {
                let mut out = SIGNATURE.to_vec();
                let Some((from, to)) = pair else {
                    out.extend([0x20, 0, 0, 0]);
                    return out;
                };
                let (family, length) = if from.is_ipv4() { (0x11, 12u16) } else { (0x21, 36) };
                out.extend([0x21, family]);
                out.extend(length.to_be_bytes());
                for address in [from.ip(), to.ip()] {
                    match address {
                        IpAddr::V4(address) => out.extend(address.octets()),
                        IpAddr::V6(address) => out.extend(address.octets()),
                    }
                }
                [from.port(), to.port()].iter().for_each(|port| out.extend(port.to_be_bytes()));
                out
            }
        }
    }

    /// The header at the start of a connection, and how many bytes it takes; `None` when more are needed.
    ///
    /// # Errors
    ///
    /// See [`ProxyProtocolError`].
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, ProxyProtocolError> {
        let begins = |start: &[u8]| bytes.starts_with(start) || start.starts_with(bytes);
        if begins(&SIGNATURE) && !bytes.is_empty() {
            return Self::parse_two(bytes);
        }
        if !begins(b"PROXY ") {
            return Err(ProxyProtocolError::Missing);
        }
        let window = &bytes[..bytes.len().min(LINE_BYTES_MAX)];
        match window.windows(2).position(|pair| pair == b"\r\n") {
            Some(end) => {
                let line = std::str::from_utf8(&window[..end]).map_err(|_| ProxyProtocolError::Line)?;
                let header = Self::parse_line(line).ok_or(ProxyProtocolError::Line)?;
                Ok(Some((header, end + 2)))
            }
            None if window.len() < LINE_BYTES_MAX => Ok(None),
            None => Err(ProxyProtocolError::Line),
        }
    }

    fn parse_line(line: &str) -> Option<Self> {
        let rest = line.strip_prefix("PROXY ")?;
        // What follows is to be ignored.
        if rest == "UNKNOWN" || rest.starts_with("UNKNOWN ") {
            return Some(Self { source: None, destination: None });
        }
        let parts: Vec<&str> = rest.split(' ').collect();
        let [family, from, to, from_port, to_port] = parts[..] else { return None };
        let address = |text: &str| match family {
            "TCP4" => text.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
            "TCP6" => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
            _ => None,
        };
        // No sign, and no zero before the number.
        let port = |text: &str| text.parse::<u16>().ok().filter(|port| port.to_string() == text);
        let source = SocketAddr::new(address(from)?, port(from_port)?);
        let destination = SocketAddr::new(address(to)?, port(to_port)?);
        Some(Self { source: Some(source), destination: Some(destination) })
    }

    fn parse_two(bytes: &[u8]) -> Result<Option<(Self, usize)>, ProxyProtocolError> {
        let Some(head) = bytes.first_chunk::<16>() else { return Ok(None) };
        let (command, family) = (head[12], head[13]);
        if command & 0xfe != 0x20 {
            return Err(ProxyProtocolError::Unknown(command));
        }
        if family >> 4 > 3 || family & 15 > 2 {
            return Err(ProxyProtocolError::Unknown(family));
        }
        let used = 16 + usize::from(u16::from_be_bytes([head[14], head[15]]));
        let Some(data) = bytes.get(16..used) else { return Ok(None) };
        let nobody = Self { source: None, destination: None };
        // LOCAL: a health check of the proxy. Unix sockets and unknown families have no address for us.
        if command == 0x20 {
            return Ok(Some((nobody, used)));
        }
        let port = |at: usize| u16::from_be_bytes([data[at], data[at + 1]]);
        let (from, to, ports): (IpAddr, IpAddr, usize) = match family >> 4 {
            1 => {
                let addresses: &[u8; 12] = data.first_chunk().ok_or(ProxyProtocolError::Length)?;
                let [a, b, c, d, e, f, g, h, ..] = *addresses;
                ([a, b, c, d].into(), [e, f, g, h].into(), 8)
            }
            2 => {
                let addresses: &[u8; 36] = data.first_chunk().ok_or(ProxyProtocolError::Length)?;
                let (mut from, mut to) = ([0; 16], [0; 16]);
                from.copy_from_slice(&addresses[..16]);
                to.copy_from_slice(&addresses[16..32]);
                (from.into(), to.into(), 32)
            }
            _ => return Ok(Some((nobody, used))),
        };
        let source = Some(SocketAddr::new(from, port(ports)));
        let destination = Some(SocketAddr::new(to, port(ports + 2)));
        Ok(Some((Self { source, destination }, used)))
    }
}
