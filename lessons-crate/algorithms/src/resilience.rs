//! Resilience: what clients do when calls fail or are late, what that does to the server, and what it does against it.
//!
//! | what | item | it prevents |
//! |---|---|---|
//! | when to try again | [`Backoff`] | all clients coming back at the same moment |
//! | until when | [`Deadline`] | work on answers that nobody waits for any more |
//! | a second one, when the first is late | [`Hedge`] | the tail of one slow copy |
//! | how often at all | [`RetryBudget`] | retries that keep an overloaded server overloaded |
//! | how many at once | [`GradientLimit`] | a line in front of a server whose capacity nobody knows |
//! | who waited too long | [`CoDel`] | a line that never gets shorter |
//! | what it comes to | [`RetryStorm`], [`amplification`] | surprise |
//!
//! Time and randomness are arguments, as everywhere.

mod backoff;
mod budget;
mod codel;
mod deadline;
mod gradient;
mod hedge;
mod storm;

pub use backoff::{Backoff, Jitter};
pub use budget::RetryBudget;
pub use codel::CoDel;
pub use deadline::Deadline;
pub use gradient::GradientLimit;
pub use hedge::{Hedge, Hedged};
pub use storm::{RetryPolicy, RetryStorm, StormResult};

/// How many calls the last of `layers` gets for one request at the first, when all of them fail and each layer makes
/// up to `attempts` calls for each that it gets: `attempts` to the power of `layers`.
///
/// # Examples
///
/// ```
/// use lessons::resilience::amplification;
///
/// assert_eq!(amplification(3, 4), 81);
/// ```
pub fn amplification(attempts: u64, layers: u32) -> u64 {
    attempts.saturating_pow(layers)
}
