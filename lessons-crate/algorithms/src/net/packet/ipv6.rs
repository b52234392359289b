//! The IPv6 header.

use std::net::Ipv6Addr;

use super::{PacketError, split, u16_at};

/// The fixed header of an IPv6 packet (RFC 8200, section 3). It has no checksum: links and transports have theirs.
/// Extension headers are not followed; [`next_header`](Self::next_header) then names the first of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ipv6Header {
    /// Length of what follows the header, in bytes.
    pub payload_length: usize,
    /// What is inside: 6 TCP, 17 UDP, 58 ICMPv6.
    pub next_header: u8,
    /// How many more routers may pass it on.
    pub hop_limit: u8,
    /// Who sent it.
    pub source: Ipv6Addr,
    /// To whom.
    pub destination: Ipv6Addr,
}

impl Ipv6Header {
    /// Decodes a header; returns it and its payload.
    ///
    /// # Errors
    ///
    /// When bytes are missing, or the version is not 6.
    pub fn decode(bytes: &[u8]) -> Result<(Self, &[u8]), PacketError> {
        let (fixed, rest) = split(bytes, 40, "an IPv6 header")?;
        let version = usize::from(fixed[0] >> 4);
        if version != 6 {
            return Err(PacketError::Field {
                what: "the version",
                found: version,
                rule: "6 in an IPv6 header",
            });
        }
        let payload_length = usize::from(u16_at(fixed, 4));
        let (payload, _) = split(rest, payload_length, "the payload of an IPv6 packet")?;
        let address = |at: usize| {
            let octets: [u8; 16] = std::array::from_fn(|index| fixed[at + index]);
            Ipv6Addr::from(octets)
        };
        let decoded = Self {
            payload_length,
            next_header: fixed[6],
            hop_limit: fixed[7],
            source: address(8),
            destination: address(24),
        };
        Ok((decoded, payload))
    }
}
