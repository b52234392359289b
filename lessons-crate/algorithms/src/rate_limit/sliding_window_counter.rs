//! Two counters instead of a log.

use std::time::Duration;

use super::{Decision, Rate, RateLimiter};

/// Counts as the fixed window does, and adds the share of the window before that the sliding window still
/// covers, as if its requests had been spread evenly.
///
/// The estimate errs when they were not: a whole limit at the end of one window and nearly a whole one in the
/// course of the next can fall into one period. At once, no more than the limit passes.
///
/// # Sources
///
/// J. Desgats, "How we built rate limiting capable of scaling to millions of domains", Cloudflare blog, 2017.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::rate_limit::{Rate, RateLimiter, SlidingWindowCounter};
///
/// let mut limiter = SlidingWindowCounter::new(Rate::per_second(100));
/// let mut passed = [990, 1_010].map(|ms| {
///     (0..100).filter(|_| limiter.try_acquire(Duration::from_millis(ms), 1).allowed).count()
/// });
/// assert_eq!(passed, [100, 1], "a hundredth of the window before is over");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlidingWindowCounter {
    rate: Rate,
    /// The number of the current window.
    window: u128,
    current: u32,
    previous: u32,
}

impl SlidingWindowCounter {
    /// A limiter that lets about the rate's count pass in any time of its period.
    pub fn new(rate: Rate) -> Self {
        Self { rate, window: 0, current: 0, previous: 0 }
    }

    fn period(&self) -> u128 {
        self.rate.period.as_nanos()
    }

    /// How far into its window a request comes, at which the estimate leaves `room`, when `previous` passed in the
    /// window before. Below `previous` ≥ `room` it is between 0 and the period.
    fn has_room_at(&self, previous: u32, room: u32) -> u128 {
        self.period() - u128::from(room.min(previous)) * self.period() / u128::from(previous.max(1))
    }
}

impl RateLimiter for SlidingWindowCounter {
    fn name(&self) -> &'static str {
        "sliding window counter"
    }

    fn try_acquire(&mut self, now: Duration, cost: u32) -> Decision {
        let period = self.period();
        let nanos = now.as_nanos().max(self.window * period);
        let window = nanos / period;
        if window > self.window {
            self.previous = if window == self.window + 1 { self.current } else { 0 };
            (self.window, self.current) = (window, 0);
        }
        let into = nanos % period;
        // Rounded up: the estimate is never below the share that is still covered.
        let covered = (u128::from(self.previous) * (period - into)).div_ceil(period) as u32;
        let limit = self.rate.count;
        let free = limit.saturating_sub(covered + self.current);
        if cost <= free {
            self.current += cost;
            return Decision::allow(free - cost);
        }
        let retry_at = if cost > limit {
            None
        } else if let Some(room) = limit.checked_sub(self.current.saturating_add(cost)) {
            Some(self.window * period + self.has_room_at(self.previous, room))
        } else {
            // Not in this window: in the next one, its requests are those of the window before.
            Some((self.window + 1) * period + self.has_room_at(self.current, limit - cost))
        };
        Decision::deny(free, retry_at.map(|at| super::from_nanos(at - nanos)))
    }

    fn is_fresh(&self, now: Duration) -> bool {
        let passed = (now.as_nanos() / self.period()).saturating_sub(self.window);
        self.current == 0 && self.previous == 0 || passed >= 2 || passed == 1 && self.current == 0
    }

    fn size_bytes(&self) -> usize {
        size_of_val(&self.window) + size_of_val(&self.current) + size_of_val(&self.previous)
    }
}
