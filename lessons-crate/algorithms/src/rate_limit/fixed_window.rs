//! A counter that starts again at every window.

use std::time::Duration;

use super::{Decision, Rate, RateLimiter};

/// Counts requests in windows that all start at multiples of the period: one counter, and a burst of twice the
/// limit at the boundary of two windows.
///
/// # Sources
///
/// Folklore; the weakness is described by J. Desgats, "How we built rate limiting capable of scaling to
/// millions of domains", Cloudflare blog, 2017.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::rate_limit::{FixedWindow, Rate, RateLimiter};
///
/// let mut limiter = FixedWindow::new(Rate::per_second(100));
/// let mut passed = 0;
/// for now in [Duration::from_millis(990), Duration::from_millis(1_010)] {
///     passed += (0..100).filter(|_| limiter.try_acquire(now, 1).allowed).count();
/// }
/// assert_eq!(passed, 200, "in 20 ms, at a limit of 100 per second");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedWindow {
    rate: Rate,
    /// The number of the window that is counted.
    window: u128,
    used: u32,
}

impl FixedWindow {
    /// A limiter that lets the rate's count pass in each of its periods.
    pub fn new(rate: Rate) -> Self {
        Self { rate, window: 0, used: 0 }
    }

    /// The number of the window at a time.
    fn window_of(&self, now: Duration) -> u128 {
        now.as_nanos() / self.rate.period.as_nanos()
    }
}

impl RateLimiter for FixedWindow {
    fn name(&self) -> &'static str {
        "fixed window"
    }

    fn try_acquire(&mut self, now: Duration, cost: u32) -> Decision {
        let window = self.window_of(now);
        if window > self.window {
            (self.window, self.used) = (window, 0);
        }
        let free = self.rate.count - self.used;
        if cost <= free {
            self.used += cost;
            return Decision::allow(free - cost);
        }
        let next = super::from_nanos((self.window + 1) * self.rate.period.as_nanos());
        Decision::deny(free, (cost <= self.rate.count).then(|| next.saturating_sub(now)))
    }

    fn is_fresh(&self, now: Duration) -> bool {
        self.used == 0 || self.window_of(now) > self.window
    }

    fn size_bytes(&self) -> usize {
        size_of_val(&self.window) + size_of_val(&self.used)
    }
}
