//! The states of a connection.

use std::fmt;

/// The states of RFC 9293, section 3.3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// No connection.
    Closed,
    /// Waiting for a SYN.
    Listen,
    /// A SYN was sent.
    SynSent,
    /// Both SYNs are on the way, and ours is not acknowledged yet.
    SynReceived,
    /// Data flows both ways.
    Established,
    /// We have closed, and our FIN is not acknowledged yet.
    FinWait1,
    /// Our FIN is acknowledged; the other side may still send.
    FinWait2,
    /// The other side has closed; we may still send.
    CloseWait,
    /// Both have closed at once.
    Closing,
    /// The other side closed first, then we; our FIN is not acknowledged yet.
    LastAck,
    /// Everything is done; waiting until nothing of this connection can be under way any more.
    TimeWait,
}

/// What changes a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpEvent {
    /// The application connects.
    Connect,
    /// The application listens.
    Listen,
    /// A SYN came without an acknowledgment of ours.
    Syn,
    /// A SYN came with one.
    SynAck,
    /// Our SYN was acknowledged.
    SynAcknowledged,
    /// The application closes.
    Close,
    /// The other side's FIN came, and everything before it.
    Fin,
    /// Our FIN was acknowledged.
    FinAcknowledged,
    /// The time of TIME-WAIT is over.
    WaitOver,
    /// A reset came, or we gave up.
    Reset,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Closed,
        Self::Listen,
        Self::SynSent,
        Self::SynReceived,
        Self::Established,
        Self::FinWait1,
        Self::FinWait2,
        Self::CloseWait,
        Self::Closing,
        Self::LastAck,
        Self::TimeWait,
    ];

    /// The state after an event; `None` when the event means nothing in this state.
    ///
    /// # Examples
    ///
    /// ```
    /// use lessons::net::{State, TcpEvent};
    ///
    /// assert_eq!(State::Established.after(TcpEvent::Close), Some(State::FinWait1));
    /// assert_eq!(State::Listen.after(TcpEvent::Fin), None);
    /// ```
    pub fn after(self, event: TcpEvent) -> Option<Self> {
        use TcpEvent as E;
        Some(match (self, event) {
            (Self::Closed, E::Connect) => Self::SynSent,
            (Self::Closed, E::Listen) => Self::Listen,
            (Self::Listen, E::Syn) | (Self::SynSent, E::Syn) => Self::SynReceived,
            (Self::SynSent, E::SynAck) | (Self::SynReceived, E::SynAcknowledged) => Self::Established,
            (Self::SynReceived | Self::Established, E::Close) => Self::FinWait1,
            (Self::SynReceived | Self::Established, E::Fin) => Self::CloseWait,
            (Self::FinWait1, E::FinAcknowledged) => Self::FinWait2,
            (Self::FinWait1, E::Fin) => Self::Closing,
            (Self::FinWait2, E::Fin) | (Self::Closing, E::FinAcknowledged) => Self::TimeWait,
            (Self::CloseWait, E::Close) => Self::LastAck,
            (Self::LastAck, E::FinAcknowledged) | (Self::TimeWait, E::WaitOver) => Self::Closed,
            (Self::Listen | Self::SynSent, E::Close) => Self::Closed,
            (Self::Closed | Self::Listen, E::Reset) => return None,
            (_, E::Reset) => Self::Closed,
            _ => return None,
        })
    }

    /// Whether data that was queued may still be sent.
    pub(super) fn sends(self) -> bool {
        matches!(self, Self::Established | Self::CloseWait | Self::FinWait1 | Self::Closing | Self::LastAck)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "CLOSED",
            Self::Listen => "LISTEN",
            Self::SynSent => "SYN-SENT",
            Self::SynReceived => "SYN-RECEIVED",
            Self::Established => "ESTABLISHED",
            Self::FinWait1 => "FIN-WAIT-1",
            Self::FinWait2 => "FIN-WAIT-2",
            Self::CloseWait => "CLOSE-WAIT",
            Self::Closing => "CLOSING",
            Self::LastAck => "LAST-ACK",
            Self::TimeWait => "TIME-WAIT",
        })
    }
}
