//! Keys that are too popular for any one shard: found, and cut up.

use std::collections::{BTreeMap, BTreeSet};

use crate::hash::hash_u64;
use crate::hashing::Placement;
use crate::rng::Rng;
use crate::sketch::{CountMin, FilterError};

/// The load of the busiest node, as a share of the whole, when key `i` has the share `weights[i]`.
pub fn busiest(placement: &dyn Placement, weights: &[f64]) -> f64 {
    let mut loads: BTreeMap<u64, f64> = BTreeMap::new();
    for (key, weight) in (0..).zip(weights) {
        *loads.entry(placement.node(key)).or_default() += weight;
    }
    loads.into_values().fold(0.0, f64::max)
}

/// Finds the keys that have more than a given share of all requests, in memory that does not grow with the keys.
///
/// A [`CountMin`] sketch counts every key, never too low; a short list keeps those whose estimate is above the
/// share. So no hot key is missed, and a key may be listed that is a little below.
///
/// # Complexity
///
/// `add` is O(log 1/share). At most 1/share + 1 keys are listed.
///
/// # Sources
///
/// G. Cormode, S. Muthukrishnan, "An Improved Data Stream Summary: The Count-Min Sketch and Its Applications",
/// Journal of Algorithms 55(1), 2005, section 4.3 (heavy hitters), doi:10.1016/j.jalgor.2003.12.001.
///
/// # Examples
///
/// ```
/// use lessons::sharding::HotKeys;
///
/// let mut hot = HotKeys::above(0.2)?;
/// for request in 0..1_000 {
///     hot.add(if request % 2 == 0 { 42 } else { request });
/// }
/// assert_eq!(hot.keys()[0].0, 42);
/// assert_eq!(hot.keys().len(), 1);
/// # Ok::<(), lessons::sketch::FilterError>(())
/// ```
#[derive(Clone, Debug)]
pub struct HotKeys {
    counts: CountMin,
    share: f64,
    /// Keys that were above the share when they came last, with their estimate of then.
    listed: BTreeMap<u64, u64>,
}

impl HotKeys {
    /// Lists keys above this share of all requests; 0.01 is 1%. Estimates are too high by a tenth of that at most,
    /// but for one key in a thousand.
    ///
    /// # Errors
    ///
    /// When the share is not between 0 and 1, or so small that the sketch needs more than 8 GiB.
    pub fn above(share: f64) -> Result<Self, FilterError> {
        Ok(Self { counts: CountMin::with_error(share / 10.0, 0.001)?, share, listed: BTreeMap::new() })
    }

    /// Counts one request for a key.
    pub fn add(&mut self, key: u64) {
        self.counts.add(key, 1);
        let estimate = self.counts.estimate(key);
        if estimate as f64 > self.limit() {
            self.listed.insert(key, estimate);
            let limit = self.limit();
            // Others may have fallen below since: the total has grown.
            self.listed.retain(|_, estimate| *estimate as f64 > limit);
        }
    }

    fn limit(&self) -> f64 {
        self.share * self.counts.total() as f64
    }

    /// The hot keys and how often each came, or a little more, the hottest first.
    pub fn keys(&self) -> Vec<(u64, u64)> {
        let limit = self.limit();
        let mut keys: Vec<(u64, u64)> = self
            .listed
            .iter()
            .map(|(&key, &estimate)| (key, estimate))
            .filter(|&(_, n)| n as f64 > limit)
            .collect();
        keys.sort_by_key(|&(key, estimate)| (std::cmp::Reverse(estimate), key));
        keys
    }

    /// The memory of the counters, in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.counts.size_bits() / 8
    }
}

/// Some keys cut into parts of their own, so that they are spread over several shards (*salting*).
///
/// A write goes to a random part; a read asks all parts and puts them together. That suits what can be added up
/// or merged, such as counters, likes and lists; a read costs as many requests as there are parts.
///
/// # Examples
///
/// ```
/// use lessons::rng::Rng;
/// use lessons::sharding::SplitKeys;
///
/// let split = SplitKeys::new(&[42], 16);
/// assert_eq!(split.parts(42).len(), 16);
/// assert!(split.parts(42).contains(&split.part(42, &mut Rng::new(1))));
/// assert_eq!(split.parts(7), [7]); // All others stay whole.
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitKeys {
    hot: BTreeSet<u64>,
    ways: u64,
}

impl SplitKeys {
    /// These keys in so many parts each.
    ///
    /// # Panics
    ///
    /// When there are no parts.
    pub fn new(hot: &[u64], ways: u64) -> Self {
        assert!(ways > 0, "a key has at least one part");
        Self { hot: hot.iter().copied().collect(), ways }
    }

    /// Where a write goes.
    pub fn part(&self, key: u64, rng: &mut Rng) -> u64 {
        if self.hot.contains(&key) { Self::salted(key, rng.below(self.ways)) } else { key }
    }

    /// All that a read has to ask.
    pub fn parts(&self, key: u64) -> Vec<u64> {
        if self.hot.contains(&key) {
            (0..self.ways).map(|salt| Self::salted(key, salt)).collect()
        } else {
            vec![key]
        }
    }

    /// The key of a part: the first is the key itself, so that what was there before the cut is found.
    fn salted(key: u64, salt: u64) -> u64 {
        if salt == 0 { key } else { hash_u64(key, salt) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dist::Zipf;
    use crate::hashing::JumpHash;

    proptest! {
        #[test]
        fn no_hot_key_is_missed_and_none_is_listed_that_is_cold(
            trace in prop::collection::vec(0u64..60, 1..600)
        ) {
            let mut hot = HotKeys::above(0.05).unwrap();
            let mut exact: BTreeMap<u64, u64> = BTreeMap::new();
            for &key in &trace {
                hot.add(key);
                *exact.entry(key).or_default() += 1;
            }
            let listed: BTreeMap<u64, u64> = hot.keys().into_iter().collect();
            prop_assert!(listed.len() <= 21);
            for (key, count) in exact {
                let share = count as f64 / trace.len() as f64;
                // Between its requests a key's share only falls: one that is above was above when it came last.
                if share > 0.05 {
                    prop_assert!(listed[&key] >= count);
                }
                if let Some(&estimate) = listed.get(&key) {
                    prop_assert!(estimate as f64 <= count as f64 + 0.005 * trace.len() as f64 + 1.0);
                }
            }
        }
    }

    #[test]
    fn more_shards_do_not_help_a_hot_key_and_parts_do() {
        let zipf = Zipf::new(100_000, 1.2);
        let weights: Vec<f64> = (0..100_000).map(|rank| zipf.probability(rank)).collect();
        for shards in [4, 16, 64] {
            let share = busiest(&JumpHash(shards), &weights);
            assert!(share >= weights[0], "{shards} shards: {share}");
        }
        // The busiest of 64 shards is 12 times the mean; cut into 16 parts the first key alone is not.
        let hot: Vec<u64> = (0..8).collect();
        let split = SplitKeys::new(&hot, 16);
        let placement = JumpHash(64);
        let mut loads = [0.0; 64];
        for (key, weight) in (0..).zip(&weights) {
            let parts = split.parts(key);
            for part in &parts {
                loads[placement.node(*part) as usize] += weight / parts.len() as f64;
            }
        }
        let share = loads.iter().copied().fold(0.0, f64::max);
        assert!(share < 0.3 * busiest(&placement, &weights), "{share}");
    }
}
