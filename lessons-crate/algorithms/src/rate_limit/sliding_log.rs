//! The times of all requests of the last period.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Decision, Rate, RateLimiter};

/// Remembers when each request of the last period passed: exact for every window, and the memory of up to as
/// many entries per key as the limit is high.
///
/// # Sources
///
/// Folklore; as a sorted set in Redis: P. Tarjan, "Scaling your API with rate limiters", Stripe blog, 2017,
/// names it among the alternatives.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::rate_limit::{Rate, RateLimiter, SlidingLog};
///
/// let mut limiter = SlidingLog::new(Rate::per_second(1));
/// assert!(limiter.try_acquire(Duration::from_millis(900), 1).allowed);
/// // Another window by the clock, but not a whole second later.
/// let second = limiter.try_acquire(Duration::from_millis(1_100), 1);
/// assert_eq!(second.retry_after, Some(Duration::from_millis(800)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlidingLog {
    rate: Rate,
    /// Times and costs of what passed, oldest first.
    log: VecDeque<(Duration, u32)>,
    /// The sum of the costs.
    used: u32,
}

impl SlidingLog {
    /// A limiter that lets the rate's count pass in any time of its period.
    pub fn new(rate: Rate) -> Self {
        Self { rate, log: VecDeque::new(), used: 0 }
    }

    /// The latest time that was seen.
    fn latest(&self) -> Duration {
        self.log.back().map_or(Duration::ZERO, |&(time, _)| time)
    }
}

impl RateLimiter for SlidingLog {
    fn name(&self) -> &'static str {
        "sliding log"
    }

    fn try_acquire(&mut self, now: Duration, cost: u32) -> Decision {
        let now = now.max(self.latest());
        // A request counts until one period later, not including that moment.
        while let Some(&(_, old)) = self.log.front().filter(|(time, _)| *time + self.rate.period <= now) {
            self.used -= old;
            self.log.pop_front();
        }
        let free = self.rate.count - self.used;
        if cost <= free {
            if cost > 0 {
                self.log.push_back((now, cost));
                self.used += cost;
            }
            return Decision::allow(free - cost);
        }
        // It fits when enough of the oldest have left.
        let mut missing = i64::from(cost) - i64::from(free);
        let last_to_leave = self.log.iter().find(|(_, old)| {
            missing -= i64::from(*old);
            missing <= 0
        });
        Decision::deny(free, last_to_leave.map(|(time, _)| *time + self.rate.period - now))
    }

    fn is_fresh(&self, now: Duration) -> bool {
        self.latest() + self.rate.period <= now || self.log.is_empty()
    }

    fn size_bytes(&self) -> usize {
        size_of_val(&self.used) + self.log.len() * size_of::<(Duration, u32)>()
    }
}
