//! Methods, and what each promises.

use std::fmt;

/// A request method.
///
/// | method | safe | idempotent | cacheable |
/// |---|---|---|---|
/// | `GET`, `HEAD` | yes | yes | yes |
/// | `OPTIONS`, `TRACE` | yes | yes | no |
/// | `PUT`, `DELETE` | no | yes | no |
/// | `POST`, `PATCH` | no | no | only with explicit freshness; most caches never do |
/// | `CONNECT` | no | no | no |
///
/// # Examples
///
/// ```
/// use lessons::http::Method;
///
/// assert!(Method::Delete.is_idempotent() && !Method::Delete.is_safe());
/// assert!(!Method::Patch.is_idempotent());
/// ```
///
/// # Sources
///
/// R. Fielding, M. Nottingham, J. Reschke, "HTTP Semantics", RFC 9110, 2022, section 9.2. L. Dusseault, J. Snell,
/// "PATCH Method for HTTP", RFC 5789, 2010.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// A representation of the target.
    Get,
    /// The fields of a `GET`, without its content.
    Head,
    /// What the target can do.
    Options,
    /// The request itself, sent back.
    Trace,
    /// The target's whole state, created or replaced.
    Put,
    /// The target is taken away.
    Delete,
    /// Whatever the target makes of the content.
    Post,
    /// Changes to a part of the target.
    Patch,
    /// A tunnel.
    Connect,
}

impl Method {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 9] = [
        Self::Get,
        Self::Head,
        Self::Options,
        Self::Trace,
        Self::Put,
        Self::Delete,
        Self::Post,
        Self::Patch,
        Self::Connect,
    ];

    /// The method of this name, which must be in capital letters.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// As it stands in a request.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Trace => "TRACE",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Connect => "CONNECT",
        }
    }

    /// The client asks for no change of state.
    pub fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head | Self::Options | Self::Trace)
    }

    /// Sending it several times has the intended effect of sending it once. The answers may differ.
    pub fn is_idempotent(self) -> bool {
        self.is_safe() || matches!(self, Self::Put | Self::Delete)
    }

    /// A response to it may be kept and used for later requests without saying so itself.
    pub fn is_cacheable(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
