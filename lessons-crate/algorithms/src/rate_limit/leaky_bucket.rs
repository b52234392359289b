//! A queue that drips.

use std::time::Duration;

use super::{Decision, Gcra, Rate, RateLimiter};

/// A queue that lets requests out one by one, an interval apart, however they came in; a request that finds
/// `depth` others waiting or just being let out is refused. Who passes waits, which is the price of even output.
///
/// The [`RateLimiter`] only says who is let in. [`departure`](LeakyBucket::departure) also says when it is let out.
///
/// # Sources
///
/// J. S. Turner, "New Directions in Communications (or Which Way to the Information Age?)", IEEE
/// Communications Magazine 24(10), 1986. As a queue, not a meter: A. S. Tanenbaum, "Computer Networks".
/// nginx's `limit_req` without `nodelay` is one.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::rate_limit::{LeakyBucket, Rate};
///
/// let mut limiter = LeakyBucket::new(Rate::per_second(10), 3);
/// let out: Vec<_> = (0..4).map(|_| limiter.departure(Duration::ZERO)).collect();
/// let ms = |ms| Some(Duration::from_millis(ms));
/// assert_eq!(out, [ms(0), ms(100), ms(200), None]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeakyBucket {
    rate: Rate,
    /// Its theoretical arrival time is when the next request can leave, and who would be so early that `depth`
    /// others are before it finds the queue full.
    admission: Gcra,
}

impl LeakyBucket {
    /// An empty queue with places for `depth` requests.
    ///
    /// # Panics
    ///
    /// When the depth is 0.
    pub fn new(rate: Rate, depth: u32) -> Self {
        Self { rate, admission: Gcra::new(rate, depth) }
    }

    /// When a request that comes now may go on, or `None` when the queue is full. O(1).
    pub fn departure(&mut self, now: Duration) -> Option<Duration> {
        let departure = self.admission.arrival.max(self.rate.scaled(now));
        self.admission.try_acquire(now, 1).allowed.then(|| self.rate.unscaled(departure))
    }
}

impl RateLimiter for LeakyBucket {
    fn name(&self) -> &'static str {
        "leaky bucket"
    }

    fn try_acquire(&mut self, now: Duration, cost: u32) -> Decision {
        self.admission.try_acquire(now, cost)
    }

    fn is_fresh(&self, now: Duration) -> bool {
        self.admission.is_fresh(now)
    }

    fn size_bytes(&self) -> usize {
        self.admission.size_bytes()
    }
}
