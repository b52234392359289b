//! A bucket that fills with tokens, and requests that take them.

use std::time::Duration;

use super::{Decision, Rate, RateLimiter};

/// A bucket of `burst` tokens, full at first, into which tokens drip at the rate; a request takes as many as
/// it costs, or is refused. In any time `t` at most burst + rate · t pass.
///
/// # Sources
///
/// J. S. Turner, "New Directions in Communications (or Which Way to the Information Age?)", IEEE
/// Communications Magazine 24(10), 1986, for the idea; J. Heinanen, R. Guerin, "A Single Rate Three Color
/// Marker", RFC 2697, 1999, for the bucket of tokens.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::rate_limit::{Rate, RateLimiter, TokenBucket};
///
/// let mut limiter = TokenBucket::new(Rate::per_second(10), 3);
/// let passed = (0..5).filter(|_| limiter.try_acquire(Duration::ZERO, 1).allowed).count();
/// assert_eq!(passed, 3);
/// assert!(limiter.try_acquire(Duration::from_millis(100), 1).allowed, "one token has dripped in");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenBucket {
    rate: Rate,
    burst: u32,
    /// What is missing to a full bucket, in the unit of `Rate::scaled`: a token is one interval.
    missing: u128,
    /// When that was so.
    updated: Duration,
}

impl TokenBucket {
    /// A full bucket.
    ///
    /// # Panics
    ///
    /// When the burst is 0: nothing would ever pass.
    pub fn new(rate: Rate, burst: u32) -> Self {
        assert!(burst > 0, "a bucket needs room for at least one token");
        Self { rate, burst, missing: 0, updated: Duration::ZERO }
    }

    /// What is missing at a time, which is not before the last one.
    fn missing_at(&self, now: Duration) -> u128 {
        self.missing.saturating_sub(self.rate.scaled(now.saturating_sub(self.updated)))
    }

    /// The whole tokens that are there when so much is missing.
    fn tokens(&self, missing: u128) -> u32 {
        self.burst - missing.div_ceil(self.rate.scaled_interval()) as u32
    }
}

impl RateLimiter for TokenBucket {
    fn name(&self) -> &'static str {
        "token bucket"
    }

    fn try_acquire(&mut self, now: Duration, cost: u32) -> Decision {
        self.missing = self.missing_at(now);
        self.updated = self.updated.max(now);
        let interval = self.rate.scaled_interval();
        let after = self.missing + u128::from(cost) * interval;
        let capacity = u128::from(self.burst) * interval;
        if after <= capacity {
            self.missing = after;
            return Decision::allow(self.tokens(after));
        }
        let retry = (cost <= self.burst).then(|| self.rate.unscaled(after - capacity));
        Decision::deny(self.tokens(self.missing), retry)
    }

    fn is_fresh(&self, now: Duration) -> bool {
        self.missing_at(now) == 0
    }

    fn size_bytes(&self) -> usize {
        size_of_val(&self.missing) + size_of_val(&self.updated)
    }
}
