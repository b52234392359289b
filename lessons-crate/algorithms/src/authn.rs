//! Who is it, across many services: tokens that each of them checks by itself, and keys that change while it runs.
//!
//! | question | of it |
//! |---|---|
//! | which key signs, which ones count? | [`KeyRing`]: the new one signs, the old one counts until its last token has expired |
//! | is this token good? | [`Verifier`]: [`gateway::token`](crate::gateway::token), with keys that rotate, a longest life, and withdrawn tokens |
//! | what do attackers send? | [`hostile_tokens`] |
//! | a new token without a password | [`RefreshTokens`]: each works once; a second use ends all of them |
//! | which request is this part of? | [`TraceParent`], [`TraceState`]: W3C Trace Context |
//!
//! A token that a service verifies by itself costs microseconds and needs nobody; that it was withdrawn, the service does
//! not know until the list reaches it. Short lives and refresh tokens are the middle way.

mod hostile;
mod keyring;
mod refresh;
mod trace;
mod verifier;

pub use hostile::hostile_tokens;
pub use keyring::{KeyRing, KeyRingError};
pub use refresh::{RefreshError, RefreshTokens};
pub use trace::{TraceError, TraceParent, TraceState};
pub use verifier::{Refused, Verifier};

#[cfg(test)]
mod tests;
