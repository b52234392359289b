//! What is sent.

use std::fmt;

use crate::net::packet::TcpFlags;

/// A TCP segment, without ports: there is one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// The number of its first byte; of its SYN, if it has one.
    pub sequence: u32,
    /// The next byte that the sender expects.
    pub acknowledgment: u32,
    /// Which flags are set.
    pub flags: TcpFlags,
    /// How many bytes from `acknowledgment` on the sender can take.
    pub window: u32,
    /// Blocks that the sender has beyond `acknowledgment`: first byte, and the one behind the last.
    pub sack: Vec<(u32, u32)>,
    /// The data.
    pub data: Vec<u8>,
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        for (set, name) in [(self.flags.syn, "SYN"), (self.flags.fin, "FIN"), (self.flags.rst, "RST")] {
            words.extend(set.then(|| name.to_owned()));
        }
        if !self.data.is_empty() {
            words.push(format!("{} bytes from {}", self.data.len(), self.sequence));
        } else if self.flags.syn || self.flags.fin {
            words.push(format!("seq {}", self.sequence));
        }
        // Every segment but the first acknowledges; it is news where nothing else is said, or with a SYN.
        if self.flags.ack && (self.data.is_empty() || self.flags.syn) {
            words.push(format!("ack {}", self.acknowledgment));
        }
        words.extend(self.sack.iter().map(|(from, to)| format!("sack {from}-{to}")));
        f.write_str(&words.join(" "))
    }
}
