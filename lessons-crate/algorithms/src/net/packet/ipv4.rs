//! The IPv4 header.

use std::net::Ipv4Addr;

use super::{PacketError, split, u16_at};
use crate::net::checksum::checksum;

/// Bytes of a header without options.
const SHORTEST: usize = 20;

/// The header of an IPv4 packet (RFC 791, section 3.1). Options are skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ipv4Header {
    /// Length of the header in bytes, 20 to 60.
    pub header_length: usize,
    /// Length of header and payload in bytes.
    pub total_length: usize,
    /// The number that the fragments of one packet share.
    pub identification: u16,
    /// Routers must not cut it into fragments.
    pub dont_fragment: bool,
    /// More fragments follow.
    pub more_fragments: bool,
    /// Where in the whole this fragment begins, in bytes.
    pub fragment_offset: usize,
    /// How many more routers may pass it on.
    pub time_to_live: u8,
    /// What is inside: 1 ICMP, 6 TCP, 17 UDP.
    pub protocol: u8,
    /// Whether the header's checksum is right.
    pub checksum_ok: bool,
    /// Who sent it.
    pub source: Ipv4Addr,
    /// To whom.
    pub destination: Ipv4Addr,
}

impl Ipv4Header {
    /// Decodes a header; returns it and its payload, without padding that the link may have added.
    ///
    /// # Errors
    ///
    /// When bytes are missing, or the version or a length cannot be.
    pub fn decode(bytes: &[u8]) -> Result<(Self, &[u8]), PacketError> {
        let (fixed, _) = split(bytes, SHORTEST, "an IPv4 header")?;
        let version = usize::from(fixed[0] >> 4);
        if version != 4 {
            return Err(PacketError::Field { what: "the version", found: version, rule: "4 or 6" });
        }
        let header_length = 4 * usize::from(fixed[0] & 0xf);
        if header_length < SHORTEST {
            let rule = "a header has at least 20 bytes";
            return Err(PacketError::Field { what: "the header's length", found: header_length, rule });
        }
        let (header, _) = split(bytes, header_length, "an IPv4 header with options")?;
        let total_length = usize::from(u16_at(fixed, 2));
        if total_length < header_length {
            let rule = "it includes the header, and is shorter";
            return Err(PacketError::Field { what: "the total length", found: total_length, rule });
        }
        let (packet, _) = split(bytes, total_length, "an IPv4 packet")?;
        let fragment = u16_at(fixed, 6);
        let address = |at: usize| Ipv4Addr::new(fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]);
        let decoded = Self {
            header_length,
            total_length,
            identification: u16_at(fixed, 4),
            dont_fragment: fragment & 0x4000 != 0,
            more_fragments: fragment & 0x2000 != 0,
            fragment_offset: 8 * usize::from(fragment & 0x1fff),
            time_to_live: fixed[8],
            protocol: fixed[9],
            checksum_ok: checksum(header) == 0,
            source: address(12),
            destination: address(16),
        };
        Ok((decoded, &packet[header_length..]))
    }

    /// A packet with a header of 20 bytes before this payload, not to be fragmented.
    ///
    /// # Panics
    ///
    /// When the packet would be longer than 65,535 bytes.
    pub fn encode(
        source: Ipv4Addr,
        destination: Ipv4Addr,
        protocol: u8,
        time_to_live: u8,
        payload: &[u8],
    ) -> Vec<u8> {
        let length =
            u16::try_from(SHORTEST + payload.len()).expect("an IPv4 packet has at most 65,535 bytes");
        let mut packet = vec![0x45, 0];
        packet.extend(length.to_be_bytes());
        packet.extend([0, 0, 0x40, 0, time_to_live, protocol, 0, 0]);
        packet.extend(source.octets());
        packet.extend(destination.octets());
        let sum = checksum(&packet);
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
        packet.extend(payload);
        packet
    }
}
