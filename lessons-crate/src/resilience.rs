//! Resilience: what a client does when a call fails, and what that does to the server.
//!
//! | what | item | it prevents |
//! |---|---|---|
//! | when to try again | [`Backoff`] | all clients coming back at the same moment |
//! | how often at all | [`RetryBudget`] | retries that keep an overloaded server overloaded |
//! | what it comes to | [`RetryStorm`], [`amplification`] | surprise |
//!
//! Time and randomness are arguments, as everywhere.

mod backoff;
mod budget;
mod storm;

pub use backoff::{Backoff, Jitter};
pub use budget::RetryBudget;
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
