//! SOCKS5: a tunnel for any protocol over TCP, asked for in a few bytes.
//!
//! The client says which ways to log in it knows, the proxy chooses one; then the client says where to, and the proxy how
//! it went. From then on it only copies bytes.
//!
//! Whether the client sends a name or an address decides who asks the DNS: with `curl --socks5` it is the client, and the
//! name leaks; with `--socks5-hostname` the proxy.
//!
//! # Sources
//!
//! M. Leech et al., "SOCKS Protocol Version 5", RFC 1928, 1996.

use std::net::IpAddr;

/// Nobody has to log in.
pub const NO_LOGIN: u8 = 0;
/// Name and password (RFC 1929).
pub const PASSWORD: u8 = 2;
/// None of the offered ways will do; the connection is closed.
pub const NONE_ACCEPTED: u8 = 0xff;

/// Why bytes are no message of SOCKS5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SocksError {
    /// Another version, or another protocol.
    #[error("this begins with {0:#04x}, not with 5: is it SOCKS5 at all?")]
    Version(u8),
    /// A command other than CONNECT (1), BIND (2) and UDP (3).
    #[error("there is no command {0}")]
    Command(u8),
    /// A type of address other than IPv4 (1), name (3) and IPv6 (4).
    #[error("there is no type of address {0}")]
    AddressType(u8),
    /// A name that is empty or not ASCII.
    #[error("the name of the host is empty or not ASCII")]
    Name,
    /// The reserved byte is not 0.
    #[error("the reserved byte is not 0")]
    Reserved,
}

/// Where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// An address: whoever made the request knew it.
    Address(IpAddr),
    /// A name: the proxy looks it up.
    Name(String),
}

/// What the client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// A connection to a host.
    Connect,
    /// A port at which a host can call.
    Bind,
    /// A relay for UDP.
    Udp,
}

/// The second message of a client.
///
/// # Examples
///
/// ```
/// use lessons::proxy::socks5::{Command, Host, SocksRequest};
///
/// let request = SocksRequest { command: Command::Connect, host: Host::Name("shop.test".into()), port: 443 };
/// let bytes = request.encode();
/// assert_eq!(bytes, b"\x05\x01\x00\x03\x09shop.test\x01\xbb");
/// assert_eq!(SocksRequest::parse(&bytes)?, Some((request, bytes.len())));
/// # Ok::<(), lessons::proxy::socks5::SocksError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocksRequest {
    /// What.
    pub command: Command,
    /// Where to.
    pub host: Host,
    /// The port there.
    pub port: u16,
}

impl SocksRequest {
    /// The bytes.
    ///
    /// # Panics
    ///
    /// When the name has more than 255 bytes.
    pub fn encode(&self) -> Vec<u8> {
        let command = match self.command {
            Command::Connect => 1,
            Command::Bind => 2,
            Command::Udp => 3,
        };
        message(command, &self.host, self.port)
    }

    /// The request at the start of the bytes, and how many it takes; `None` when more are needed.
    ///
    /// # Errors
    ///
    /// See [`SocksError`].
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, SocksError> {
        let Some((command, host, port, used)) = parse(bytes)? else { return Ok(None) };
        let command = match command {
            1 => Command::Connect,
            2 => Command::Bind,
            3 => Command::Udp,
            other => return Err(SocksError::Command(other)),
        };
        Ok(Some((Self { command, host, port }, used)))
    }
}

/// What the proxy answers: 0 for success, and the address from which it calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocksReply {
    /// 0: it worked; 1: it failed; 2: it is not allowed; 3 to 6: the network, the host, the port or the time.
    pub code: u8,
    /// From where the proxy calls.
    pub host: Host,
    /// The port there.
    pub port: u16,
}

impl SocksReply {
    /// The bytes.
    ///
    /// # Panics
    ///
    /// When the name has more than 255 bytes.
    pub fn encode(&self) -> Vec<u8> {
        message(self.code, &self.host, self.port)
    }

    /// The reply at the start of the bytes, and how many it takes; `None` when more are needed.
    ///
    /// # Errors
    ///
    /// See [`SocksError`].
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, SocksError> {
        Ok(parse(bytes)?.map(|(code, host, port, used)| (Self { code, host, port }, used)))
    }
}

/// The first message of a client: the ways to log in that it knows.
///
/// # Panics
///
/// When there are more than 255.
pub fn greeting(methods: &[u8]) -> Vec<u8> {
    let count = u8::try_from(methods.len()).expect("at most 255 ways to log in");
    [&[5, count], methods].concat()
}

/// The ways of a greeting, and how many bytes it takes; `None` when more are needed.
///
/// # Errors
///
/// [`SocksError::Version`].
pub fn parse_greeting(bytes: &[u8]) -> Result<Option<(&[u8], usize)>, SocksError> {
    version(bytes)?;
    let Some(&count) = bytes.get(1) else { return Ok(None) };
    let end = 2 + usize::from(count);
    Ok(bytes.get(2..end).map(|methods| (methods, end)))
}

fn version(bytes: &[u8]) -> Result<(), SocksError> {
    match bytes.first() {
        Some(5) | None => Ok(()),
        Some(other) => Err(SocksError::Version(*other)),
    }
}

fn message(second: u8, host: &Host, port: u16) -> Vec<u8> {
    let mut out = vec![5, second, 0];
    match host {
        Host::Address(IpAddr::V4(address)) => {
            out.push(1);
            out.extend(address.octets());
        }
        Host::Address(IpAddr::V6(address)) => {
            out.push(4);
            out.extend(address.octets());
        }
        Host::Name(name) => {
            out.extend([3, u8::try_from(name.len()).expect("a name of at most 255 bytes")]);
            out.extend_from_slice(name.as_bytes());
        }
    }
    out.extend(port.to_be_bytes());
    out
}

fn parse(bytes: &[u8]) -> Result<Option<(u8, Host, u16, usize)>, SocksError> {
    version(bytes)?;
    let Some(&[_, second, reserved, ty]) = bytes.first_chunk() else { return Ok(None) };
    if reserved != 0 {
        return Err(SocksError::Reserved);
    }
    let rest = &bytes[4..];
    let (start, length) = match ty {
        1 => (0, 4),
        4 => (0, 16),
        3 => match rest.first() {
            Some(length) => (1, usize::from(*length)),
            None => return Ok(None),
        },
        other => return Err(SocksError::AddressType(other)),
    };
    let Some(port) = rest.get(start + length..).and_then(|rest| rest.first_chunk()) else { return Ok(None) };
    let address = &rest[start..start + length];
    let host = match (<[u8; 4]>::try_from(address), <[u8; 16]>::try_from(address)) {
        _ if ty == 3 => {
            let name = std::str::from_utf8(address).ok().filter(|name| !name.is_empty() && name.is_ascii());
            Host::Name(name.ok_or(SocksError::Name)?.to_owned())
        }
        (Ok(four), _) => Host::Address(four.into()),
        (_, Ok(sixteen)) => Host::Address(sixteen.into()),
        _ => return Err(SocksError::AddressType(ty)),
    };
    Ok(Some((second, host, u16::from_be_bytes(*port), 4 + start + length + 2)))
}
