//! Headers of the wire: bytes to fields, and for IPv4 and ICMP back.
//!
//! | layer | type | size |
//! |---|---|---|
//! | link | [`Packet`] starts at an Ethernet frame | 14 bytes |
//! | network | [`Ipv4Header`], [`Ipv6Header`] | 20 to 60 bytes; 40 |
//! | transport | [`TcpHeader`], [`UdpHeader`], [`IcmpHeader`] | 20 to 60 bytes; 8; 8 |
//!
//! Every decoder takes any bytes: what is too short, or contradicts itself, is a [`PacketError`] and never a panic.
//! Lengths that a header claims are checked against what is there before they are used.

mod icmp;
mod ipv4;
mod ipv6;
mod tcp;
#[cfg(test)]
mod tests;
mod udp;

use std::fmt;
use std::net::IpAddr;

pub use icmp::{IcmpHeader, icmp};
pub use ipv4::Ipv4Header;
pub use ipv6::Ipv6Header;
pub use tcp::{TcpFlags, TcpHeader, TcpOption};
pub use udp::UdpHeader;

use super::checksum::transport_checksum;

/// Numbers of protocols in an IP header.
pub(super) const ICMP: u8 = 1;
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;

/// Why bytes are no such header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PacketError {
    /// Fewer bytes than the header has.
    #[error("{what} needs {needed} bytes, and {found} are left")]
    Short {
        /// Which header.
        what: &'static str,
        /// How many bytes it has.
        needed: usize,
        /// How many there were.
        found: usize,
    },
    /// A field that cannot be so.
    #[error("{what} is {found}: {rule}")]
    Field {
        /// Which field.
        what: &'static str,
        /// What it says.
        found: usize,
        /// What it must be.
        rule: &'static str,
    },
}

/// The first `count` bytes, and the rest.
fn split<'a>(bytes: &'a [u8], count: usize, what: &'static str) -> Result<(&'a [u8], &'a [u8]), PacketError> {
    bytes.split_at_checked(count).ok_or(PacketError::Short { what, needed: count, found: bytes.len() })
}

/// A 16-bit number at this place; the caller has checked that it is there.
fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

/// A 32-bit number at this place.
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// The network layer of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Network {
    /// IPv4.
    V4(Ipv4Header),
    /// IPv6.
    V6(Ipv6Header),
}

/// The transport layer of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TCP.
    Tcp(TcpHeader),
    /// UDP.
    Udp(UdpHeader),
    /// ICMP, for IPv4.
    Icmp(IcmpHeader),
    /// Another protocol, or a fragment that is not the first and so has no header.
    Other(u8),
}

/// A packet, taken apart.
///
/// # Complexity
///
/// O(bytes), for the checksum of the transport layer; decoding itself is O(header).
///
/// # Examples
///
/// ```
/// use lessons::net::{PacketError, Packet};
///
/// let error = Packet::decode(&[0x45, 0, 0]).expect_err("three bytes are no packet");
/// assert_eq!(error.to_string(), "an IPv4 header needs 20 bytes, and 3 are left");
/// ```
///
/// # Sources
///
/// J. Postel, RFC 791 (IPv4), RFC 792 (ICMP), 1981, RFC 768 (UDP), 1980; W. Eddy (ed.), RFC 9293 (TCP), 2022;
/// S. Deering and R. Hinden, RFC 8200 (IPv6), 2017.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Addresses and how far it may go.
    pub network: Network,
    /// Ports, order, acknowledgments.
    pub transport: Transport,
    /// Whether the transport's checksum is right; `None` where it has none.
    pub checksum_ok: Option<bool>,
    /// What the application sent.
    pub payload: Vec<u8>,
}

impl Packet {
    /// Decodes an IP packet of either version.
    ///
    /// # Errors
    ///
    /// When a header is too short, or a field contradicts another.
    pub fn decode(bytes: &[u8]) -> Result<Self, PacketError> {
        let (network, protocol, first, rest) = match bytes.first().map(|first| first >> 4) {
            Some(6) => {
                let (header, rest) = Ipv6Header::decode(bytes)?;
                let protocol = header.next_header;
                (Network::V6(header), protocol, true, rest)
            }
            _ => {
                let (header, rest) = Ipv4Header::decode(bytes)?;
                let (protocol, first) = (header.protocol, header.fragment_offset == 0);
                (Network::V4(header), protocol, first, rest)
            }
        };
        let (from, to) = (network.source(), network.destination());
        let summed = || Some(transport_checksum(from, to, protocol, rest) == 0);
        let (transport, checksum_ok, payload) = match protocol {
            TCP if first => {
                let (header, payload) = TcpHeader::decode(rest)?;
                (Transport::Tcp(header), summed(), payload)
            }
            UDP if first => {
                let (header, payload) = UdpHeader::decode(rest)?;
                let ok = if header.checksum == 0 { None } else { summed() };
                (Transport::Udp(header), ok, payload)
            }
            ICMP if first && from.is_ipv4() => {
                let (header, payload) = IcmpHeader::decode(rest)?;
                (Transport::Icmp(header), Some(super::checksum::checksum(rest) == 0), payload)
            }
            other => (Transport::Other(other), None, rest),
        };
        Ok(Self { network, transport, checksum_ok, payload: payload.to_vec() })
    }

    /// Decodes an Ethernet frame (of the kind that has a type, without a VLAN) and the IP packet in it.
    ///
    /// # Errors
    ///
    /// The same, and when the frame carries something else than IP.
    pub fn decode_ethernet(frame: &[u8]) -> Result<Self, PacketError> {
        let (header, rest) = split(frame, 14, "an Ethernet header")?;
        match u16_at(header, 12) {
            0x0800 | 0x86dd => Self::decode(rest),
            other => Err(PacketError::Field {
                what: "the type of the frame",
                found: usize::from(other),
                rule: "only IPv4 (0x0800 = 2048) and IPv6 (0x86dd = 34525) are decoded",
            }),
        }
    }

    /// The payload as text, with a dot for each byte that cannot be printed.
    pub fn text(&self) -> String {
        let printable = |byte: &u8| if (b' '..=b'~').contains(byte) { char::from(*byte) } else { '.' };
        self.payload.iter().map(printable).collect()
    }
}

impl Network {
    /// Who sent it, as the packet says.
    pub fn source(&self) -> IpAddr {
        match self {
            Self::V4(header) => header.source.into(),
            Self::V6(header) => header.source.into(),
        }
    }

    /// To whom.
    pub fn destination(&self) -> IpAddr {
        match self {
            Self::V4(header) => header.destination.into(),
            Self::V6(header) => header.destination.into(),
        }
    }
}

impl fmt::Display for Packet {
    /// One line, much as tcpdump writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to, length) = (self.network.source(), self.network.destination(), self.payload.len());
        match &self.transport {
            Transport::Tcp(tcp) => {
                write!(f, "{from}:{} > {to}:{} {tcp}, {length} bytes", tcp.source_port, tcp.destination_port)
            }
            Transport::Udp(udp) => {
                write!(f, "{from}:{} > {to}:{} UDP, {length} bytes", udp.source_port, udp.destination_port)
            }
            Transport::Icmp(header) => write!(f, "{from} > {to} {header}, {length} bytes"),
            Transport::Other(protocol) => write!(f, "{from} > {to} protocol {protocol}, {length} bytes"),
        }
    }
}
