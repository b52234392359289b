//! Scalable Bloom filter: for when nobody knows how many keys will come.

use super::error::{KEYS_MAX, check_rate, check_size};
use super::{BloomFilter, FilterError, Key};

/// Each stage holds this many times the keys of the one before (the paper's `s`).
const GROWTH: u64 = 2;
/// Each stage may err this much as often as the one before (the paper's `r`), so that the sum over all
/// stages, however many, stays bounded. A larger value saves memory in late stages, a smaller one in early.
const TIGHTENING: f64 = 0.8;

/// A Bloom filter that grows: a list of filters, each twice as large and a little more accurate.
///
/// A key goes into the newest stage; a lookup asks all of them. The rates of the stages form a geometric
/// series whose sum never passes the rate asked for.
///
/// # Complexity
///
/// `insert` is O(k log(n / initial capacity)), because a key that is already there is not added again;
/// `may_contain` likewise. Memory at 1% is 13 to 21 bits per key: about twice that of a
/// filter sized right at the start, more just after it grew.
///
/// # Examples
///
/// ```
/// use lessons::sketch::ScalableBloomFilter;
///
/// let mut seen = ScalableBloomFilter::with_capacity(100, 0.01)?;
/// for visitor in 0..10_000u64 {
///     seen.insert(visitor);
/// }
/// assert!(seen.may_contain(9_999u64));
/// assert_eq!(seen.stages(), 7);
/// # Ok::<(), lessons::sketch::FilterError>(())
/// ```
///
/// # Sources
///
/// P. S. Almeida, C. Baquero, N. Preguiça, D. Hutchison, "Scalable Bloom Filters", Information Processing
/// Letters 101(6), 2007, doi:10.1016/j.ipl.2006.10.007.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalableBloomFilter {
    /// Invariant: never empty; the last one takes new keys.
    stages: Vec<BloomFilter>,
    /// Keys that the last stage can still take.
    room: u64,
    /// Capacity and rate of the last stage.
    capacity: u64,
    rate: f64,
}

impl ScalableBloomFilter {
    /// A filter for any number of keys, `capacity` of them in its first stage, whose false-positive rate
    /// (0.01 is 1%) holds for all stages together.
    ///
    /// # Errors
    ///
    /// When the rate is not between 0 and 1, or the capacity is 0 or above 2³².
    pub fn with_capacity(capacity: u64, rate: f64) -> Result<Self, FilterError> {
        check_rate(rate)?;
        check_size("the capacity", capacity, 1, KEYS_MAX)?;
        let first = rate * (1.0 - TIGHTENING);
        let stage = BloomFilter::with_capacity(capacity, first)?;
        Ok(Self { stages: vec![stage], room: capacity, capacity, rate: first })
    }

    /// Adds a key, in a new stage when the last one is full.
    #[inline]
    pub fn insert(&mut self, key: impl Key) {
        let hash = key.hash64(0);
        if !self.contains_hash(hash) {
            self.insert_hash(hash);
        }
    }

    /// False when the key is certainly not in the set.
    #[inline]
    pub fn may_contain(&self, key: impl Key) -> bool {
        self.contains_hash(key.hash64(0))
    }

    fn contains_hash(&self, hash: u64) -> bool {
        // The newest stage holds half of all keys.
        self.stages.iter().rev().any(|stage| stage.may_contain(hash))
    }

    fn insert_hash(&mut self, hash: u64) {
        if self.room == 0 {
            self.grow();
        }
        self.room -= 1;
        if let Some(stage) = self.stages.last_mut() {
            stage.insert(hash);
        }
    }

    fn grow(&mut self) {
        let (capacity, rate) = (self.capacity * GROWTH, self.rate * TIGHTENING);
        // The stages use one seed each: independent mistakes, as the bound assumes.
        let seed = self.stages.len() as u64;
        self.room = match BloomFilter::with_capacity(capacity, rate) {
            Ok(stage) => {
                self.stages.push(stage.with_seed(seed));
                (self.capacity, self.rate) = (capacity, rate);
                capacity
            }
            // Beyond 2³² keys in one stage there is nothing larger: the last stage overfills.
            Err(_) => u64::MAX,
        };
    }

    /// How many filters the keys are spread over.
    pub fn stages(&self) -> usize {
        self.stages.len()
    }

    /// The memory of all stages, in bits.
    pub fn size_bits(&self) -> u64 {
        self.stages.iter().map(BloomFilter::size_bits).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::{formula, measure_false_positive_rate, present_keys};

    #[test]
    fn the_rate_holds_however_far_it_grows() {
        for (capacity, keys) in [(100, 100), (100, 5_000), (100, 100_000), (1_000, 30_000)] {
            let mut filter = ScalableBloomFilter::with_capacity(capacity, 0.01).unwrap();
            present_keys(keys).into_iter().for_each(|key| filter.insert(key));
            assert!(present_keys(keys).into_iter().all(|key| filter.may_contain(key)));
            let measured = measure_false_positive_rate(&filter, 100_000);
            assert!(measured <= 0.0113, "{capacity} {keys}: {measured}");
            let ratio = filter.size_bits() as f64 / formula::optimal_bits(keys, 0.01) as f64;
            assert!((1.0..2.5).contains(&ratio), "{capacity} {keys}: {ratio}");
        }
    }

    #[test]
    fn a_plain_filter_of_the_first_size_would_be_useless() {
        let mut plain = BloomFilter::with_capacity(100, 0.01).unwrap();
        present_keys(10_000).into_iter().for_each(|key| plain.insert(key));
        assert!(measure_false_positive_rate(&plain, 10_000) > 0.99);
    }

    #[test]
    fn a_key_added_again_takes_no_room() {
        let mut filter = ScalableBloomFilter::with_capacity(10, 0.01).unwrap();
        (0..1_000).for_each(|_| filter.insert("again"));
        assert_eq!(filter.stages(), 1);
    }
}
