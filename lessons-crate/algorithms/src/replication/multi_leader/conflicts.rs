//! How often leaders overwrite each other, when all write the same key.

use crate::rng::Rng;

/// What became of the writes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conflicts {
    /// How many writes there were.
    pub writes: usize,
    /// How many were concurrent with another: neither had arrived where the other was written.
    pub conflicting: usize,
    /// How many last writer wins dropped for a write that had not seen them.
    pub lost: usize,
    /// How many of those were dropped for a write that was *earlier* in real time, under a faster clock.
    pub lost_to_an_earlier: usize,
}

impl Conflicts {
    /// The share of the writes that were in conflict.
    pub fn conflicting_share(&self) -> f64 {
        self.conflicting as f64 / self.writes as f64
    }

    /// The share of the writes that last writer wins lost.
    pub fn lost_share(&self) -> f64 {
        self.lost as f64 / self.writes as f64
    }
}

/// Lets two leaders write one key, each `rate` times a second at random, with `lag` milliseconds between them,
/// and the second one's clock ahead by `skew` milliseconds.
///
/// Of right clocks, a write is lost when the other leader writes within the lag after it: with probability
/// 1 - e^(-rate lag). O(n) for n writes, besides sorting.
///
/// # Panics
///
/// When the lag is negative.
///
/// # Examples
///
/// ```
/// use lessons::replication::conflicts;
/// use lessons::rng::Rng;
///
/// let found = conflicts(2.0, 100.0, 0.0, 50_000, &mut Rng::new(1));
/// let theory = 1.0 - (-2.0 * 0.1_f64).exp();
/// assert!((found.lost_share() - theory).abs() < 0.01);
/// ```
///
/// # Sources
///
/// The rule: R. H. Thomas, ACM TODS 4(2), 1979. That conflicts grow with lag and rate: J. Gray et al., SIGMOD 1996.
pub fn conflicts(rate: f64, lag: f64, skew: f64, writes: usize, rng: &mut Rng) -> Conflicts {
    assert!(lag >= 0.0, "a lag of {lag} ms would be a message from the future");
    let mut times = [Vec::new(), Vec::new()];
    for leader in &mut times {
        let mut now = 0.0;
        for _ in 0..writes.div_ceil(2) {
            now += rng.exponential(1_000.0 / rate);
            leader.push(now);
        }
    }
    let mut result = Conflicts { writes: 0, conflicting: 0, lost: 0, lost_to_an_earlier: 0 };
    for (own, other, ahead) in [(&times[0], &times[1], skew), (&times[1], &times[0], -skew)] {
        for &at in own {
            result.writes += 1;
            let start = other.partition_point(|&time| time <= at - lag);
            let end = other.partition_point(|&time| time < at + lag);
            let mut winners = other[start..end].iter().filter(|time| **time + ahead > at);
            result.conflicting += usize::from(start < end);
            let first = winners.next();
            result.lost += usize::from(first.is_some());
            // Only earlier ones: had there been a later one, right clocks would have lost it too.
            result.lost_to_an_earlier +=
                usize::from(first.is_some() && other[start..end].last().is_some_and(|time| *time < at));
        }
    }
    result
}
