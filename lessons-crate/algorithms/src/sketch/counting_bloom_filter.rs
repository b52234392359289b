//! Counting Bloom filter: counters instead of bits, so that keys can leave.

use super::bloom_filter::{smallest_shape, start_and_step};
use super::error::{BITS_MAX, KEYS_MAX, check_rate, check_size};
use super::packed::PackedArray;
use super::{FilterError, Key};
use crate::hash::reduce;

/// Bits per counter. Four are enough: in an optimal filter a counter passes 15 with probability below
/// 1.4e-15 (Fan et al.).
const COUNTER_BITS: u32 = 4;

/// A Bloom filter with a 4-bit counter in place of each bit: a key can be removed again.
///
/// A counter that reached 15 stays there for ever, because nobody knows any more how many keys share it:
/// that may leave a false positive, never a false negative.
///
/// Removing a key that was never added takes counts from other keys, and makes *them* disappear: the one way
/// to get a false negative. [`CountingBloomFilter::remove`] refuses what is certainly absent, but a false
/// positive passes that test. Remove only what was added.
///
/// # Complexity
///
/// `insert`, `may_contain` and `remove` are O(k). Memory is four times that of [`super::BloomFilter`]: 38 bits
/// per key at 1%.
///
/// # Examples
///
/// ```
/// use lessons::sketch::CountingBloomFilter;
///
/// let mut online = CountingBloomFilter::with_capacity(1_000, 0.01)?;
/// online.insert("ada");
/// assert!(online.remove("ada"));
/// assert!(!online.may_contain("ada"));
/// # Ok::<(), lessons::sketch::FilterError>(())
/// ```
///
/// # Sources
///
/// L. Fan, P. Cao, J. Almeida, A. Z. Broder, "Summary Cache: A Scalable Wide-Area Web Cache Sharing
/// Protocol", IEEE/ACM Transactions on Networking 8(3), 2000, doi:10.1109/90.851975.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountingBloomFilter {
    /// Invariant: never empty.
    counters: PackedArray,
    hash_count: u32,
}

impl CountingBloomFilter {
    /// The smallest filter that keeps this false-positive rate (0.01 is 1%) up to `capacity` keys at a time.
    ///
    /// # Errors
    ///
    /// When the rate is not between 0 and 1, or the capacity is 0 or above 2³².
    pub fn with_capacity(capacity: u64, rate: f64) -> Result<Self, FilterError> {
        check_rate(rate)?;
        check_size("the capacity", capacity, 1, KEYS_MAX)?;
        let (counters, hash_count) = smallest_shape(capacity, rate);
        Self::with_size(counters, hash_count)
    }

    /// A filter of this many counters (`m`) and hash functions (`k`).
    ///
    /// # Errors
    ///
    /// When `counters` is 0 or above 2³⁴ (8 GiB), or `hash_count` is 0 or above 64.
    pub fn with_size(counters: u64, hash_count: u32) -> Result<Self, FilterError> {
        check_size("the number of counters", counters, 1, BITS_MAX / u64::from(COUNTER_BITS))?;
        check_size("the number of hash functions", u64::from(hash_count), 1, 64)?;
        Ok(Self { counters: PackedArray::new(counters as usize, COUNTER_BITS), hash_count })
    }

    /// Adds a key; added twice, it must be removed twice. O(k).
    #[inline]
    pub fn insert(&mut self, key: impl Key) {
        self.insert_hash(key.hash64(0));
    }

    /// False when the key is certainly not in the set. O(k).
    #[inline]
    pub fn may_contain(&self, key: impl Key) -> bool {
        self.may_contain_hash(key.hash64(0))
    }

    /// Removes a key that was added; false, and nothing changes, when it is certainly absent. O(k).
    #[inline]
    pub fn remove(&mut self, key: impl Key) -> bool {
        self.remove_hash(key.hash64(0))
    }

    fn insert_hash(&mut self, hash: u64) {
        for position in self.positions(hash) {
            let count = self.counters.get(position);
            self.counters.set(position, (count + 1).min(self.counters.max()));
        }
    }

    fn may_contain_hash(&self, hash: u64) -> bool {
        self.positions(hash).all(|position| self.counters.get(position) > 0)
    }

    fn remove_hash(&mut self, hash: u64) -> bool {
        if !self.may_contain_hash(hash) {
            return false;
        }
        for position in self.positions(hash) {
            let count = self.counters.get(position);
            // At the top the true count is unknown, so it stays; at 0 nothing is left to take, which
            // happens only when a key that was never added is removed.
            if count < self.counters.max() {
                self.counters.set(position, count.saturating_sub(1));
            }
        }
        true
    }

    /// The number of counters (`m`).
    pub fn counters(&self) -> u64 {
        self.counters.len() as u64
    }

    /// The number of counters raised for each key (`k`).
    pub fn hash_count(&self) -> u32 {
        self.hash_count
    }

    /// The memory of the counters, in bits: four for each.
    pub fn size_bits(&self) -> u64 {
        self.counters.size_bits()
    }

    /// The largest counter: 15 means that some count may have been lost. O(m).
    pub fn max_count(&self) -> u32 {
        self.counters.iter().max().unwrap_or(0)
    }

    /// The counters that belong to a hash; some may be equal. Does not borrow the filter.
    #[inline]
    fn positions(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let counters = self.counters.len() as u64;
        let (start, step) = start_and_step(hash);
        (0..u64::from(self.hash_count))
            .map(move |i| reduce(start.wrapping_add(step.wrapping_mul(i)), counters) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::measure::tests::assert_rate;
    use crate::sketch::{formula, present_keys};
    use proptest::prelude::*;

    #[test]
    fn the_rate_is_that_of_a_bloom_filter_also_after_removals() {
        let mut filter = CountingBloomFilter::with_capacity(10_000, 0.01).unwrap();
        let keys = present_keys(20_000);
        keys.iter().for_each(|key| filter.insert(*key));
        assert!(keys[10_000..].iter().all(|key| filter.remove(*key)));
        assert!(filter.max_count() < 15);
        assert!(keys[..10_000].iter().all(|key| filter.may_contain(*key)));
        assert_rate(&filter, formula::false_positive_rate(10_000, filter.counters(), filter.hash_count()));
    }

    #[test]
    fn a_full_counter_never_comes_down() {
        let mut filter = CountingBloomFilter::with_size(1, 1).unwrap();
        for key in 0..20u64 {
            filter.insert(key);
        }
        for key in 0..19u64 {
            assert!(filter.remove(key));
        }
        assert!(filter.may_contain(19u64));
        assert_eq!(filter.max_count(), 15);
    }

    #[test]
    fn removing_what_was_never_added_hides_another_key() {
        let mut filter = CountingBloomFilter::with_size(1, 1).unwrap();
        filter.insert("present");
        assert!(filter.remove("never added"));
        assert!(!filter.may_contain("present"));
    }

    proptest! {
        #[test]
        fn what_was_added_and_not_removed_is_found(added in prop::collection::vec(any::<u64>(), 0..100), kept in any::<prop::sample::Index>()) {
            let mut filter = CountingBloomFilter::with_capacity(100, 0.01).unwrap();
            added.iter().for_each(|key| filter.insert(*key));
            let kept = kept.index(added.len() + 1);
            for key in &added[kept..] {
                prop_assert!(filter.remove(*key));
            }
            prop_assert!(added[..kept].iter().all(|key| filter.may_contain(*key)));
            if kept == 0 {
                prop_assert_eq!(filter.max_count(), 0);
            }
        }
    }
}
