//! The TCP header.

use std::fmt;

use super::{PacketError, split, u16_at, u32_at};

/// Bytes of a header without options.
const SHORTEST: usize = 20;

/// The one-bit fields of a TCP header that this course uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpFlags {
    /// Opens a direction: the sequence number is the initial one.
    pub syn: bool,
    /// The acknowledgment number counts.
    pub ack: bool,
    /// The sender has sent everything.
    pub fin: bool,
    /// The connection is void.
    pub rst: bool,
    /// Hand it to the application now.
    pub psh: bool,
}

/// An option of a TCP header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TcpOption {
    /// The largest segment that the sender can receive, in bytes of data; in a SYN.
    MaximumSegmentSize(u16),
    /// Windows are to be multiplied by two to this power; in a SYN (RFC 7323).
    WindowScale(u8),
    /// Selective acknowledgments may be sent; in a SYN (RFC 2018).
    SackPermitted,
    /// Blocks that arrived beyond the acknowledgment number: first byte, and the one behind the last.
    Sack(Vec<(u32, u32)>),
    /// The sender's clock, and the last one heard from the other side (RFC 7323).
    Timestamps(u32, u32),
    /// Another kind.
    Other(u8),
}

/// The header of a TCP segment (RFC 9293, section 3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpHeader {
    /// The sender's port.
    pub source_port: u16,
    /// The receiver's port.
    pub destination_port: u16,
    /// The number of the first byte of data; of the SYN, if there is one.
    pub sequence: u32,
    /// The next byte that the sender expects; counts when `flags.ack` is set.
    pub acknowledgment: u32,
    /// Which of them are set.
    pub flags: TcpFlags,
    /// How many more bytes the sender can take, before scaling.
    pub window: u16,
    /// The options, in their order.
    pub options: Vec<TcpOption>,
}

impl TcpHeader {
    /// Decodes a header; returns it and the data.
    ///
    /// # Errors
    ///
    /// When bytes are missing, or a length cannot be.
    pub fn decode(bytes: &[u8]) -> Result<(Self, &[u8]), PacketError> {
        let (fixed, _) = split(bytes, SHORTEST, "a TCP header")?;
        let length = 4 * usize::from(fixed[12] >> 4);
        if length < SHORTEST {
            let rule = "a TCP header has at least 20 bytes";
            return Err(PacketError::Field { what: "the data offset", found: length, rule });
        }
        let (header, data) = split(bytes, length, "a TCP header with options")?;
        let bit = |mask: u8| fixed[13] & mask != 0;
        let decoded = Self {
            source_port: u16_at(fixed, 0),
            destination_port: u16_at(fixed, 2),
            sequence: u32_at(fixed, 4),
            acknowledgment: u32_at(fixed, 8),
            flags: TcpFlags { fin: bit(1), syn: bit(2), rst: bit(4), psh: bit(8), ack: bit(16) },
            window: u16_at(fixed, 14),
            options: options(&header[SHORTEST..])?,
        };
        Ok((decoded, data))
    }
}

/// Reads options up to the end of the header, or of the list.
fn options(mut rest: &[u8]) -> Result<Vec<TcpOption>, PacketError> {
    let mut found = Vec::new();
    while let Some((&kind, after)) = rest.split_first() {
        match kind {
            0 => break,
            1 => {
                rest = after;
                continue;
            }
            _ => {}
        }
        let length = after.first().map_or(0, |length| usize::from(*length));
        // A length of 0 would be read for ever.
        if length < 2 {
            let rule = "it counts its kind and itself";
            return Err(PacketError::Field { what: "the length of a TCP option", found: length, rule });
        }
        let (option, left) = split(rest, length, "a TCP option")?;
        let value = &option[2..];
        found.push(match (kind, value.len()) {
            (2, 2) => TcpOption::MaximumSegmentSize(u16_at(value, 0)),
            (3, 1) => TcpOption::WindowScale(value[0]),
            (4, 0) => TcpOption::SackPermitted,
            (5, bytes) if bytes % 8 == 0 => {
                TcpOption::Sack(value.chunks(8).map(|pair| (u32_at(pair, 0), u32_at(pair, 4))).collect())
            }
            (8, 8) => TcpOption::Timestamps(u32_at(value, 0), u32_at(value, 4)),
            _ => TcpOption::Other(kind),
        });
        rest = left;
    }
    Ok(found)
}

impl fmt::Display for TcpFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set =
            [(self.syn, "SYN"), (self.fin, "FIN"), (self.rst, "RST"), (self.psh, "PSH"), (self.ack, "ACK")];
        let names: Vec<&str> = set.into_iter().filter(|(set, _)| *set).map(|(_, name)| name).collect();
        write!(f, "[{}]", names.join(" "))
    }
}

impl fmt::Display for TcpOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MaximumSegmentSize(bytes) => write!(f, "mss {bytes}"),
            Self::WindowScale(shift) => write!(f, "wscale {shift}"),
            Self::SackPermitted => write!(f, "sackOK"),
            Self::Sack(blocks) => {
                let blocks: Vec<String> = blocks.iter().map(|(from, to)| format!("{from}-{to}")).collect();
                write!(f, "sack {}", blocks.join(" "))
            }
            Self::Timestamps(own, echo) => write!(f, "TS {own} ecr {echo}"),
            Self::Other(kind) => write!(f, "option {kind}"),
        }
    }
}

impl fmt::Display for TcpHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} seq {}", self.flags, self.sequence)?;
        if self.flags.ack {
            write!(f, " ack {}", self.acknowledgment)?;
        }
        write!(f, " win {}", self.window)?;
        let options: Vec<String> = self.options.iter().map(TcpOption::to_string).collect();
        if options.is_empty() { Ok(()) } else { write!(f, " <{}>", options.join(", ")) }
    }
}
