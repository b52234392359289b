//! Why a connection was closed.

/// A number from 1000 to 4999 in a close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// It is done.
    pub const NORMAL: Self = Self(1000);
    /// The server goes down, or the page is left.
    pub const GOING_AWAY: Self = Self(1001);
    /// The other side broke the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// A kind of data that is not taken.
    pub const UNSUPPORTED: Self = Self(1003);
    /// No code was sent. It is never on the wire: programs are told so.
    pub const NO_STATUS: Self = Self(1005);
    /// The connection ended without a close frame. It is never on the wire.
    pub const ABNORMAL: Self = Self(1006);
    /// Text that is not UTF-8.
    pub const INVALID_DATA: Self = Self(1007);
    /// Against a rule of this server.
    pub const POLICY: Self = Self(1008);
    /// A message that is too large.
    pub const TOO_BIG: Self = Self(1009);
    /// The server did something wrong.
    pub const INTERNAL: Self = Self(1011);
    /// The server restarts: come back after a random time.
    pub const SERVICE_RESTART: Self = Self(1012);
    /// Too many clients: come back later.
    pub const TRY_AGAIN_LATER: Self = Self(1013);

    /// Whether a close frame may have it: not those that only tell the own program something, and none that nobody
    /// registered. From 3000 on they are registered by libraries, from 4000 on they are free.
    ///
    /// # Sources
    ///
    /// RFC 6455, section 7.4; "WebSocket Close Code Number Registry", IANA, read 2026 (1012 to 1014).
    pub fn may_be_sent(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}
