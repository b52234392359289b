//! What a limiter lets through.

use std::time::Duration;

use super::RateLimiter;
use crate::interrupt::checkpoint;
use crate::rng::Rng;

/// The arrivals, each of cost 1 and in order of time, that the limiter lets pass.
pub fn admitted(limiter: &mut dyn RateLimiter, arrivals: &[Duration]) -> Vec<Duration> {
    let passes = |now: &Duration| {
        checkpoint();
        limiter.try_acquire(*now, 1).allowed
    };
    arrivals.iter().copied().filter(passes).collect()
}

/// The most of the times, which are in order, that lie in any interval of this length: its start counts, its end
/// does not. O(times).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::rate_limit::most_in_any;
///
/// let times = [0, 900, 950, 1_000, 1_800, 5_000].map(Duration::from_millis);
/// assert_eq!(most_in_any(&times, Duration::from_secs(1)), 4);
/// ```
pub fn most_in_any(times: &[Duration], length: Duration) -> usize {
    let mut first = 0;
    let mut most = 0;
    for (last, &time) in times.iter().enumerate() {
        while times[first] + length <= time {
            first += 1;
        }
        most = most.max(last - first + 1);
    }
    most
}

/// So many arrivals of a Poisson process with `per_second` arrivals in the mean, from time 0.
pub fn poisson_arrivals(per_second: f64, count: usize, rng: &mut Rng) -> Vec<Duration> {
    let mut time = 0.0;
    let next = |_| {
        time += rng.exponential(1.0 / per_second);
        Duration::from_secs_f64(time)
    };
    (0..count).map(next).collect()
}
