//! The UDP header: the whole of what UDP adds to IP.

use super::{PacketError, split, u16_at};

/// The header of a UDP datagram (RFC 768).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UdpHeader {
    /// The sender's port.
    pub source_port: u16,
    /// The receiver's port.
    pub destination_port: u16,
    /// Length of header and data in bytes.
    pub length: usize,
    /// Over data, ports and addresses; 0 says that there is none, which only IPv4 allows.
    pub checksum: u16,
}

impl UdpHeader {
    /// Decodes a header; returns it and the data.
    ///
    /// # Errors
    ///
    /// When bytes are missing, or the length is shorter than the header.
    pub fn decode(bytes: &[u8]) -> Result<(Self, &[u8]), PacketError> {
        let (fixed, _) = split(bytes, 8, "a UDP header")?;
        let length = usize::from(u16_at(fixed, 4));
        if length < 8 {
            let rule = "it includes the header's 8 bytes";
            return Err(PacketError::Field { what: "the length of a UDP datagram", found: length, rule });
        }
        let (datagram, _) = split(bytes, length, "a UDP datagram")?;
        let decoded = Self {
            source_port: u16_at(fixed, 0),
            destination_port: u16_at(fixed, 2),
            length,
            checksum: u16_at(fixed, 6),
        };
        Ok((decoded, &datagram[8..]))
    }
}
