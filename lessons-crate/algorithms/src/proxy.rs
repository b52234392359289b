//! Proxies: what each thing in between sees, changes, and may be believed about.
//!
//! | question | of it |
//! |---|---|
//! | which headers go on? | [`forward_headers`]: those for this connection do not |
//! | who is the client? | [`client_ip`], [`parse_forwarded_for`], [`parse_forwarded`]: as far as those in between are trusted |
//! | what is asked of whom? | [`RequestTarget`]: a path, a whole address, a host and port, or `*`; [`upstream_path`] |
//! | may it be sent again? | [`may_retry`] |
//! | who is it, below HTTP? | [`ProxyHeader`]: the PROXY protocol, versions 1 and 2 |
//! | a tunnel for any protocol | [`socks5`] |
//! | which address first? | [`happy_eyeballs`]: IPv6 and IPv4 race, one a little later |
//!
//! A forward proxy is chosen by the client and sees where it goes; a reverse proxy (a *gateway*) is what the client takes
//! for the server. A tunnel (`CONNECT`, SOCKS) only sees where to, and how much. A VPN is none of them: it moves packets.

mod forwarded;
pub mod happy_eyeballs;
mod headers;
mod proxy_protocol;
pub mod socks5;
mod target;

pub use forwarded::{ForwardedError, Hop, client_ip, parse_forwarded, parse_forwarded_for};
pub use headers::{forward_headers, may_retry};
pub use proxy_protocol::{ProxyHeader, ProxyProtocolError, ProxyVersion};
pub use target::{RequestTarget, TargetError, upstream_path};

#[cfg(test)]
mod tests;
