//! REST: what an API over HTTP adds to make changes safe to send, to send again, and to understand.
//!
//! | question | item | source |
//! |---|---|---|
//! | how is a part changed? | [`merge_patch`], [`json_patch`] | RFC 7396, RFC 6902 |
//! | what is wrong? | [`Problem`] | RFC 9457 |
//! | was this done already? | [`IdempotencyStore`] | draft-ietf-httpapi-idempotency-key-header |
//! | may I try again? | [`may_retry`], [`Retries`] | RFC 9110, section 9.2.2 |
//!
//! REST itself is an architectural style, described by six constraints (client and server, stateless, cache, uniform
//! interface, layered system, code on demand): R. T. Fielding, "Architectural Styles and the Design of Network-based
//! Software Architectures", University of California, Irvine, 2000, chapter 5.

mod idempotency;
mod json_patch;
mod merge_patch;
mod pointer;
mod problem;
mod retry;
#[cfg(test)]
mod tests;

pub use idempotency::{Begin, IdempotencyStore, Scope, Ticket};
pub use json_patch::{PatchError, json_patch};
pub use merge_patch::merge_patch;
pub use problem::Problem;
pub use retry::{Failure, Retries, RetryClient, effects_per_call, may_retry};
