//! ICMP: how the network answers on its own behalf.

use std::fmt;

use super::{PacketError, split, u16_at};
use crate::net::checksum::checksum;

/// The header of an ICMP message (RFC 792).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IcmpHeader {
    /// What it is: 0 echo reply, 3 destination unreachable, 8 echo request, 11 time exceeded.
    pub kind: u8,
    /// Which of its kind: of 3, 0 is no route and 3 is no such port.
    pub code: u8,
    /// Of an echo: which program asks.
    pub identifier: u16,
    /// Of an echo: which of its questions.
    pub sequence: u16,
}

impl IcmpHeader {
    /// The answer to an echo request.
    pub const ECHO_REPLY: u8 = 0;
    /// A packet could not be delivered; its beginning is the payload.
    pub const UNREACHABLE: u8 = 3;
    /// A question that every host should answer: `ping`.
    pub const ECHO_REQUEST: u8 = 8;
    /// A packet used up its time to live; its beginning is the payload: `traceroute`.
    pub const TIME_EXCEEDED: u8 = 11;

    /// Decodes a header; returns it and what follows.
    ///
    /// # Errors
    ///
    /// When there are fewer than 8 bytes.
    pub fn decode(bytes: &[u8]) -> Result<(Self, &[u8]), PacketError> {
        let (fixed, rest) = split(bytes, 8, "an ICMP header")?;
        let decoded =
            Self { kind: fixed[0], code: fixed[1], identifier: u16_at(fixed, 4), sequence: u16_at(fixed, 6) };
        Ok((decoded, rest))
    }
}

/// An ICMP message, with its checksum.
pub fn icmp(header: &IcmpHeader, payload: &[u8]) -> Vec<u8> {
    let mut message = vec![header.kind, header.code, 0, 0];
    message.extend(header.identifier.to_be_bytes());
    message.extend(header.sequence.to_be_bytes());
    message.extend(payload);
    let sum = checksum(&message);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    message
}

impl fmt::Display for IcmpHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind, self.code) {
            (Self::ECHO_REPLY, _) => write!(f, "ICMP echo reply {}", self.sequence),
            (Self::ECHO_REQUEST, _) => write!(f, "ICMP echo request {}", self.sequence),
            (Self::TIME_EXCEEDED, _) => write!(f, "ICMP time exceeded"),
            (Self::UNREACHABLE, 0) => write!(f, "ICMP no route to the network"),
            (Self::UNREACHABLE, 3) => write!(f, "ICMP port unreachable"),
            (kind, code) => write!(f, "ICMP type {kind} code {code}"),
        }
    }
}
