//! The generic cell rate algorithm: a token bucket in one number.

use std::time::Duration;

use super::{Decision, Rate, RateLimiter};

/// Keeps only when the next request would come if all had been spaced evenly: the theoretical arrival time. A
/// request may be early by the time of `burst` − 1 intervals. It decides as [`TokenBucket`] does.
///
/// [`TokenBucket`]: super::TokenBucket
///
/// # Sources
///
/// ITU-T Recommendation I.371, "Traffic control and congestion control in B-ISDN", annex A, 1996; ATM Forum,
/// "Traffic Management Specification 4.0", af-tm-0056.000, 1996.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::rate_limit::{Gcra, Rate, RateLimiter};
///
/// let mut limiter = Gcra::new(Rate::per_second(10), 1);
/// assert!(limiter.try_acquire(Duration::ZERO, 1).allowed);
/// let early = limiter.try_acquire(Duration::from_millis(30), 1);
/// assert_eq!(early.retry_after, Some(Duration::from_millis(70)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gcra {
    rate: Rate,
    burst: u32,
    /// The theoretical arrival time, in the unit of `Rate::scaled`.
    pub(super) arrival: u128,
}

impl Gcra {
    /// A limiter that has seen nothing yet.
    ///
    /// # Panics
    ///
    /// When the burst is 0: nothing would ever pass.
    pub fn new(rate: Rate, burst: u32) -> Self {
        assert!(burst > 0, "a burst is at least one request");
        Self { rate, burst, arrival: 0 }
    }

    /// How much more passes at a time, as whole requests.
    fn remaining(&self, now: u128) -> u32 {
        let ahead = self.arrival.saturating_sub(now);
        self.burst.saturating_sub(ahead.div_ceil(self.rate.scaled_interval()) as u32)
    }
}

impl RateLimiter for Gcra {
    fn name(&self) -> &'static str {
        "GCRA"
    }

    fn try_acquire(&mut self, now: Duration, cost: u32) -> Decision {
        let now = self.rate.scaled(now);
        let interval = self.rate.scaled_interval();
        // Time that nobody used is not saved up: the next request is due now, at the earliest.
        let next = self.arrival.max(now) + u128::from(cost) * interval;
        let latest = now + u128::from(self.burst) * interval;
        if next <= latest {
            self.arrival = next;
            return Decision::allow(self.remaining(now));
        }
        // Refused, and so not counted: who keeps asking is not shut out for ever.
        let retry = (cost <= self.burst).then(|| self.rate.unscaled(next - latest));
        Decision::deny(self.remaining(now), retry)
    }

    fn is_fresh(&self, now: Duration) -> bool {
        self.arrival <= self.rate.scaled(now)
    }

    fn size_bytes(&self) -> usize {
        size_of_val(&self.arrival)
    }
}
