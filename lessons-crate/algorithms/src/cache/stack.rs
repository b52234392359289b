//! The hit ratio of LRU at every capacity, from one pass over a trace.

use std::collections::BTreeMap;

use super::eviction::warm_up;
use crate::hash::hash_u64;
use crate::interrupt::checkpoint;

/// For every capacity at once, how often LRU misses.
///
/// The keys of an LRU cache are the top of one stack, in order of last use, whatever its capacity: a larger cache
/// holds what a smaller one holds, and more (inclusion). So a request hits in all caches larger than the number of
/// different keys asked for since its key was last asked for: its stack distance. One pass gives all distances, and
/// their distribution is the curve.
///
/// # Examples
///
/// ```
/// use lessons::cache::{Eviction, MissRatioCurve, trace};
///
/// let trace = trace::zipf(1_000, 0.8, 20_000, 4);
/// let curve = MissRatioCurve::of(&trace);
/// for capacity in [10, 100, 500] {
///     assert_eq!(curve.hit_ratio(capacity), Eviction::Lru.hit_ratio(capacity, &trace));
/// }
/// ```
///
/// # Sources
///
/// R. L. Mattson, J. Gecsei, D. R. Slutz, I. L. Traiger, "Evaluation Techniques for Storage Hierarchies", IBM Systems
/// Journal 9(2), 1970, doi:10.1147/sj.92.0078. Sampling: C. A. Waldspurger, N. Park, A. Garthwaite, I. Ahmad,
/// "Efficient MRC Construction with SHARDS", FAST 2015.
#[derive(Clone, Debug, PartialEq)]
pub struct MissRatioCurve {
    /// How many measured requests have at most each stack distance, from 0 up.
    within: Vec<u64>,
    /// How many keys of the trace stand for one key here.
    scale: f64,
    /// Measured requests; of a sample, those that it should have.
    requests: f64,
    /// How many requests the sample lacks, because a popular key is not in it; negative when one is. They would hit
    /// in a cache of any size.
    lacking: f64,
}

impl MissRatioCurve {
    /// The exact curve. The first tenth of the trace warms the stack up and is not counted.
    ///
    /// O(n log n) for n requests.
    pub fn of(trace: &[u64]) -> Self {
        Self::build(trace.iter().copied().enumerate(), trace.len(), 1.0)
    }

    /// The curve from the requests for a share of the *keys*, chosen by their hash: 0.01 is one key in a hundred. It
    /// costs that share of the time and memory. Stack distances are then smaller by that share, and scaled up.
    ///
    /// # Panics
    ///
    /// When the share is not above 0 and at most 1.
    pub fn sampled(trace: &[u64], share: f64) -> Self {
        assert!(share > 0.0 && share <= 1.0, "a share of keys is above 0 and at most 1, not {share}");
        let limit = (share * u64::MAX as f64) as u64;
        let sampled = trace.iter().copied().enumerate().filter(|(_, key)| hash_u64(*key, 4) <= limit);
        Self::build(sampled, trace.len(), share)
    }

    fn build(requests: impl Iterator<Item = (usize, u64)>, of: usize, share: f64) -> Self {
        let measured_from = warm_up(of);
        let (mut distances, mut measured) = (Distances::default(), 0u64);
        let mut counts: Vec<u64> = Vec::new();
        for (time, key) in requests {
            checkpoint();
            let distance = distances.next(key);
            measured += u64::from(time >= measured_from);
            if let Some(distance) = distance.filter(|_| time >= measured_from) {
                if counts.len() <= distance {
                    counts.resize(distance + 1, 0);
                }
                counts[distance] += 1;
            }
        }
        let mut sum = 0;
        let running = counts.iter().map(|count| {
            sum += count;
            sum
        });
        let expected = (of - measured_from) as f64 * share;
        Self {
            within: running.collect(),
            scale: 1.0 / share,
            requests: expected.max(1.0),
            lacking: expected - measured as f64,
        }
    }

    /// The share of requests that hit in an LRU cache of this capacity, from 0 to 1.
    pub fn hit_ratio(&self, capacity: usize) -> f64 {
        let distances = (capacity as f64 / self.scale) as usize;
        let Some(last) = distances.min(self.within.len()).checked_sub(1) else { return 0.0 };
        ((self.within[last] as f64 + self.lacking) / self.requests).clamp(0.0, 1.0)
    }

    /// The share of requests that miss: the curve at one place.
    pub fn miss_ratio(&self, capacity: usize) -> f64 {
        1.0 - self.hit_ratio(capacity)
    }

    /// The smallest capacity with at least this hit ratio; `None` when no capacity has it.
    pub fn capacity_for(&self, hit_ratio: f64) -> Option<usize> {
        let wanted = hit_ratio * self.requests - self.lacking;
        let distance = self.within.partition_point(|within| (*within as f64) < wanted);
        (distance < self.within.len()).then(|| ((distance + 1) as f64 * self.scale).ceil() as usize)
    }
}

/// Gives each request its stack distance: how many other keys were asked for since its key last was.
#[derive(Debug, Default)]
struct Distances {
    last: BTreeMap<u64, usize>,
    /// A Fenwick tree over time: 1 at the last request for each key. Grown by doubling.
    tree: Vec<u32>,
    now: usize,
}

impl Distances {
    fn next(&mut self, key: u64) -> Option<usize> {
        if self.now + 1 >= self.tree.len() {
            self.grow();
        }
        self.now += 1;
        let before = self.last.insert(key, self.now);
        self.add(self.now, 1);
        let before = before?;
        let distance = self.sum(self.now - 1) - self.sum(before);
        self.add(before, -1);
        Some(distance as usize)
    }

    fn grow(&mut self) {
        self.tree = vec![0; (2 * self.tree.len()).max(1024)];
        let times: Vec<usize> = self.last.values().copied().collect();
        for time in times {
            self.add(time, 1);
        }
    }

    fn add(&mut self, mut at: usize, change: i32) {
        while at < self.tree.len() {
            self.tree[at] = self.tree[at].wrapping_add_signed(change);
            at += at & at.wrapping_neg();
        }
    }

    fn sum(&self, mut to: usize) -> u32 {
        let mut sum = 0;
        while to > 0 {
            sum += self.tree[to];
            to &= to - 1;
        }
        sum
    }
}
