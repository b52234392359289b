//! What replicas and clients say to each other.

use std::fmt;

use crate::consistency::INITIAL;
use crate::network::NodeId;

/// The age of a value: of two versions the greater is the newer. Unique, because every replica marks its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// A counter, or a clock in microseconds.
    pub counter: u64,
    /// The replica that gave it out: decides between equal counters.
    pub node: NodeId,
}

/// A value and its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// The value.
    pub value: u64,
    /// Its version.
    pub version: Version,
}

impl Default for Versioned {
    fn default() -> Self {
        Self { value: INITIAL, version: Version::default() }
    }
}

impl Versioned {
    /// The newer of the two: last writer wins.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        if other.version > self.version { other } else { self }
    }
}

/// What a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// The value.
    Read,
    /// To set the value.
    Write(u64),
}

/// What a client is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response {
    /// The value read, or the write done, and with which version; and, of a write, which version it replaced as
    /// far as its coordinator knew.
    Done(Versioned, Version),
    /// The replica could not reach enough others. A refused write may still happen.
    Refused,
}

/// A message; the number is that of the operation it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// From a client to a replica, or from a replica to the leader.
    Ask(u64, Request),
    /// Back.
    Answer(u64, Response),
    /// What do you have?
    Query(u64),
    /// This.
    Found(u64, Versioned),
    /// Store this, unless you have something newer.
    Store(u64, Versioned),
    /// I have it, or something newer.
    Stored(u64),
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ask(_, Request::Read) => f.write_str("read?"),
            Self::Ask(_, Request::Write(value)) => write!(f, "write {value}"),
            Self::Answer(_, Response::Done(found, _)) => write!(f, "ok {}", found.value),
            Self::Answer(_, Response::Refused) => f.write_str("refused"),
            Self::Query(_) => f.write_str("query"),
            Self::Found(_, found) => write!(f, "have {}", found.value),
            Self::Store(_, new) => write!(f, "store {}", new.value),
            Self::Stored(_) => f.write_str("stored"),
        }
    }
}
