//! Rate limiting: may this request pass now?
//!
//! With a rate of `L` requests per period:
//!
//! | limiter | keeps per key | the most that passes in a time of one period |
//! |---|---|---|
//! | [`FixedWindow`] | a counter | 2 L, at the boundary of two windows |
//! | [`SlidingLog`] | the time of each request | L, exactly |
//! | [`SlidingWindowCounter`] | two counters | L at once, and less than 2 L spread over the period |
//! | [`TokenBucket`] | a level and a time | burst + L |
//! | [`Gcra`] | one time | burst + L: it decides exactly as the token bucket does |
//! | [`LeakyBucket`] | one time | burst + L arrivals; they leave evenly spaced |
//!
//! Every decision is O(1), but for the log's, which is O(requests that leave it). [`PerKey`] has one limiter for
//! each client in bounded memory, and [`headers`] tells clients what was decided.
//!
//! Time is an argument, counted from any common start. It should not go back; a limiter that is given an earlier
//! time never lets more pass for it. The arithmetic is in whole numbers and exact: no drift, however long it runs.

mod fixed_window;
mod gcra;
pub mod headers;
mod leaky_bucket;
mod measure;
mod per_key;
mod sliding_log;
mod sliding_window_counter;
#[cfg(test)]
mod tests;
mod token_bucket;

use std::time::Duration;

pub use fixed_window::FixedWindow;
pub use gcra::Gcra;
pub use leaky_bucket::LeakyBucket;
pub use measure::{admitted, most_in_any, poisson_arrivals};
pub use per_key::PerKey;
pub use sliding_log::SlidingLog;
pub use sliding_window_counter::SlidingWindowCounter;
pub use token_bucket::TokenBucket;

/// So many requests per period.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::rate_limit::Rate;
///
/// assert_eq!(Rate::per_second(10).interval(), Duration::from_millis(100));
/// assert_eq!(Rate::new(100, Duration::from_secs(60)).interval(), Duration::from_millis(600));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    count: u32,
    period: Duration,
}

impl Rate {
    /// `count` requests per `period`.
    ///
    /// # Panics
    ///
    /// When the count or the period is 0.
    pub fn new(count: u32, period: Duration) -> Self {
        assert!(count > 0 && !period.is_zero(), "a rate is at least one request per some time above 0");
        Self { count, period }
    }

    /// `count` requests per second.
    ///
    /// # Panics
    ///
    /// When the count is 0.
    pub fn per_second(count: u32) -> Self {
        Self::new(count, Duration::from_secs(1))
    }

    /// How many requests per period.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The period.
    pub fn period(&self) -> Duration {
        self.period
    }

    /// The time between two requests at this rate, rounded up to whole nanoseconds.
    pub fn interval(&self) -> Duration {
        from_nanos(self.period.as_nanos().div_ceil(u128::from(self.count)))
    }

    /// The time in parts of a nanosecond of which one request takes `period` in nanoseconds: so that three
    /// requests per second, with an interval of 333,333,333 and a third, leave no rest.
    fn scaled(&self, time: Duration) -> u128 {
        time.as_nanos() * u128::from(self.count)
    }

    /// One request's interval in the unit of [`scaled`](Rate::scaled).
    fn scaled_interval(&self) -> u128 {
        self.period.as_nanos()
    }

    /// The time back from the unit of [`scaled`](Rate::scaled), rounded up: never too early.
    fn unscaled(&self, scaled: u128) -> Duration {
        from_nanos(scaled.div_ceil(u128::from(self.count)))
    }
}

fn from_nanos(nanos: u128) -> Duration {
    const PER_SECOND: u128 = 1_000_000_000;
    Duration::new((nanos / PER_SECOND) as u64, (nanos % PER_SECOND) as u32)
}

/// What a limiter says to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may pass. One that may not costs nothing.
    pub allowed: bool,
    /// How much more cost could pass at this moment.
    pub remaining: u32,
    /// After how long the same cost passes if nothing else does meanwhile: zero when it passes now, `None`
    /// when it is more than the limiter ever lets through at once.
    pub retry_after: Option<Duration>,
}

impl Decision {
    fn allow(remaining: u32) -> Self {
        Self { allowed: true, remaining, retry_after: Some(Duration::ZERO) }
    }

    fn deny(remaining: u32, retry_after: Option<Duration>) -> Self {
        Self { allowed: false, remaining, retry_after }
    }
}

/// Lets requests pass, or not.
pub trait RateLimiter {
    /// The name of the algorithm, for plots and tables.
    fn name(&self) -> &'static str;

    /// Decides on a request that comes at the time `now` and counts as `cost` requests.
    fn try_acquire(&mut self, now: Duration, cost: u32) -> Decision;

    /// Whether its state is at the time `now` that of a new limiter: then it can be forgotten without anyone
    /// noticing.
    fn is_fresh(&self, now: Duration) -> bool;

    /// The memory that its state takes, in bytes.
    fn size_bytes(&self) -> usize;
}
