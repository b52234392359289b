//! HTTP: what its methods, fields and caching rules already promise.
//!
//! | question | item | in RFC 9110 and its siblings |
//! |---|---|---|
//! | where does a request end? | [`RequestParser`] | RFC 9112: framing, chunked coding, what smuggles |
//! | may it be sent again, or kept? | [`Method`], [`Status`] | sections 9 and 15 |
//! | in which form? | [`Accept`], [`best_encoding`] | section 12 |
//! | which version is it? | [`ETag`], [`Validator`] | section 8.8 |
//! | is it still that version? | [`Preconditions`] | section 13 |
//! | may a copy be used? | [`freshness_lifetime`], [`current_age`], [`HttpCache`] | RFC 9111 |
//! | what do two caches do together? | [`Chain`] | browser, proxy, origin |
//!
//! Everything is a function of bytes, fields and times: no socket, no clock. A time is the `Duration` since
//! 1 January 1970, and fields such as `Date` are whole seconds of it ([`date`]).

mod cache;
mod chain;
mod chunked;
pub mod date;
mod fields;
mod freshness;
mod method;
mod negotiation;
mod parser;
mod precondition;
mod status;
mod syntax;
#[cfg(test)]
mod tests;
mod validator;

pub use cache::{HttpCache, Lookup, Stored};
pub use chain::{Chain, ChainResult, Moment, Verdict};
pub use chunked::{ChunkedReader, encode_chunked};
pub use fields::Fields;
pub use freshness::{Exchange, current_age, freshness_lifetime, may_store};
pub use method::Method;
pub use negotiation::{Accept, best_encoding};
pub use parser::{Limits, Request, RequestParser};
pub use precondition::{IfRange, Matching, Outcome, Preconditions};
pub use status::Status;
pub use syntax::ParseError;
pub use validator::{ETag, Validator};
