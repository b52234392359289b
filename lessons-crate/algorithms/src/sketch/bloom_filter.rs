//! Bloom filter: a set in a few bits per key that may say "maybe", never a false "no".

use super::error::{BITS_MAX, KEYS_MAX, check_rate, check_size};
use super::{FilterError, Key, formula};
use crate::hash::reduce;

/// A set that can give a false positive, never a false negative.
///
/// Each key sets `k` bits out of `m`. A key whose `k` bits are all set *may* be in the set; one
/// clear bit proves that it is not. Keys cannot be removed: a bit may belong to several keys.
///
/// One 64-bit hash is stretched to `k` positions by double hashing, h₁ + i h₂, which loses nothing
/// measurable against `k` independent hash functions (Kirsch and Mitzenmacher).
///
/// # Complexity
///
/// `insert` and `may_contain` are O(k); a lookup of an absent key reads 2 bits on average. Memory is
/// m = -n ln p / (ln 2)² bits: 9.6 per key at p = 1%, whatever the length of the keys.
///
/// # Examples
///
/// ```
/// use lessons::sketch::BloomFilter;
///
/// let mut seen = BloomFilter::with_capacity(1_000, 0.01)?;
/// seen.insert("order-17");
/// assert!(seen.may_contain("order-17"));
/// assert!(!seen.may_contain("order-18")); // Proof of absence.
/// # Ok::<(), lessons::sketch::FilterError>(())
/// ```
///
/// # Sources
///
/// B. H. Bloom, "Space/Time Trade-offs in Hash Coding with Allowable Errors", CACM 13(7), 1970,
/// doi:10.1145/362686.362692. A. Kirsch, M. Mitzenmacher, "Less Hashing, Same Performance: Building a
/// Better Bloom Filter", ESA 2006, doi:10.1007/11841036_42.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BloomFilter {
    /// The `m` bits, 64 to a word. Invariant: never empty.
    words: Vec<u64>,
    /// Bits set for each key (`k`). Invariant: at least 1.
    hash_count: u32,
    seed: u64,
}

impl BloomFilter {
    /// The smallest filter that keeps this false-positive rate (0.01 is 1%) up to `capacity` keys.
    ///
    /// # Errors
    ///
    /// When the rate is not between 0 and 1, or the capacity is 0 or above 2³².
    pub fn with_capacity(capacity: u64, rate: f64) -> Result<Self, FilterError> {
        check_rate(rate)?;
        check_size("the capacity", capacity, 1, KEYS_MAX)?;
        let (bits, hash_count) = smallest_shape(capacity, rate);
        Self::with_size(bits, hash_count)
    }

    /// A filter of `bits` (`m`, rounded up to whole words of 64) and `hash_count` hash functions (`k`).
    ///
    /// # Errors
    ///
    /// When `bits` is 0 or above 2³⁶ (8 GiB), or `hash_count` is 0 or above 64.
    pub fn with_size(bits: u64, hash_count: u32) -> Result<Self, FilterError> {
        check_size("the number of bits", bits, 1, BITS_MAX)?;
        check_size("the number of hash functions", u64::from(hash_count), 1, 64)?;
        Ok(Self { words: vec![0; bits.div_ceil(64) as usize], hash_count, seed: 0 })
    }

    /// Hashes with this seed. Filters with different seeds make independent mistakes, and cannot be united.
    ///
    /// # Panics
    ///
    /// When keys were already added: they would be lost.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        assert!(self.is_empty(), "the seed must be chosen before the first key");
        self.seed = seed;
        self
    }

    /// Adds a key. O(k).
    #[inline]
    pub fn insert(&mut self, key: impl Key) {
        self.insert_hash(key.hash64(self.seed));
    }

    /// False when the key is certainly not in the set. O(k).
    #[inline]
    pub fn may_contain(&self, key: impl Key) -> bool {
        self.may_contain_hash(key.hash64(self.seed))
    }

    #[inline]
    fn insert_hash(&mut self, hash: u64) {
        let bits = self.words.len() as u64 * 64;
        let (mut position, step) = start_and_step(hash);
        for _ in 0..self.hash_count {
            let bit = reduce(position, bits);
            self.words[(bit / 64) as usize] |= 1 << (bit % 64);
            position = position.wrapping_add(step);
        }
    }

    #[inline]
    fn may_contain_hash(&self, hash: u64) -> bool {
        let bits = self.words.len() as u64 * 64;
        let (mut position, step) = start_and_step(hash);
        for _ in 0..self.hash_count {
            let bit = reduce(position, bits);
            if self.words[(bit / 64) as usize] & 1 << (bit % 64) == 0 {
                return false;
            }
            position = position.wrapping_add(step);
        }
        true
    }

    /// Adds all keys of `other`: afterwards this is the filter that both sets of keys would have made.
    /// O(m).
    ///
    /// # Errors
    ///
    /// When the two differ in size, number of hash functions, or seed.
    pub fn union(&mut self, other: &Self) -> Result<(), FilterError> {
        let shape = |f: &Self| (f.words.len() * 64, f.hash_count, f.seed);
        if shape(self) != shape(other) {
            let describe = |f: &Self| {
                let (bits, hashes, seed) = shape(f);
                format!("{bits} bits, k = {hashes}, seed {seed}")
            };
            return Err(FilterError::Mismatch(format!("{} and {}", describe(self), describe(other))));
        }
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            *word |= more;
        }
        Ok(())
    }

    /// Forgets all keys. O(m).
    pub fn clear(&mut self) {
        self.words.fill(0);
    }

    /// True when no key was added.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// The number of bits (`m`).
    pub fn size_bits(&self) -> u64 {
        self.words.len() as u64 * 64
    }

    /// The number of bits set for each key (`k`).
    pub fn hash_count(&self) -> u32 {
        self.hash_count
    }

    /// The share of bits that are set, from 0 to 1; one half when the filter is as full as it was made
    /// for. O(m).
    pub fn fill(&self) -> f64 {
        self.ones() as f64 / self.size_bits() as f64
    }

    /// About how many different keys were added, from the share of bits set. O(m). Infinite when all are.
    pub fn estimate_keys(&self) -> f64 {
        formula::estimate_keys(self.ones(), self.size_bits(), self.hash_count)
    }

    /// The bits as 0 and 1, for drawing small filters.
    pub fn bits(&self) -> impl Iterator<Item = bool> + '_ {
        self.words.iter().flat_map(|word| (0..64).map(move |bit| word >> bit & 1 == 1))
    }

    /// The `k` bit positions of a key, for drawing; some may be equal.
    pub fn positions(&self, key: impl Key) -> Vec<u64> {
        let (start, step) = start_and_step(key.hash64(self.seed));
        let position = |i: u32| start.wrapping_add(step.wrapping_mul(u64::from(i)));
        (0..self.hash_count).map(|i| reduce(position(i), self.size_bits())).collect()
    }

    fn ones(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}

/// The two hash values of double hashing, from one. The second is odd, so the positions never stand still.
#[inline]
pub(super) fn start_and_step(hash: u64) -> (u64, u64) {
    (hash, hash.rotate_left(32).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
}

/// The fewest bits that reach the rate with a whole number of hash functions, and that number.
pub(super) fn smallest_shape(capacity: u64, rate: f64) -> (u64, u32) {
    let ideal = -rate.log2();
    let bits = |k: f64| -k * capacity as f64 / (-rate.powf(1.0 / k)).ln_1p();
    let (below, above) = (ideal.floor().max(1.0), ideal.ceil().max(1.0));
    let best = if bits(below) <= bits(above) { below } else { above };
    (bits(best).ceil() as u64, best as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::measure::tests::assert_rate;
    use crate::sketch::{absent_keys, present_keys};
    use proptest::prelude::*;

    #[test]
    fn the_rate_is_the_one_asked_for() {
        for (capacity, rate) in [(1_000, 0.1), (10_000, 0.01), (100_000, 0.01), (50_000, 0.001)] {
            let mut filter = BloomFilter::with_capacity(capacity, rate).unwrap();
            present_keys(capacity).into_iter().for_each(|key| filter.insert(key));
            let theory = formula::false_positive_rate(capacity, filter.size_bits(), filter.hash_count());
            assert!(theory <= rate * 1.000_001, "{capacity} {rate}: {theory}");
            assert_rate(&filter, theory);
            assert!((filter.fill() - 0.5).abs() < 0.05, "{}", filter.fill());
            assert!((filter.estimate_keys() / capacity as f64 - 1.0).abs() < 0.02);
            // Whole words and a whole k cost less than 2% over the formula.
            let optimum = formula::optimal_bits(capacity, rate) as f64;
            assert!(filter.size_bits() as f64 <= 1.02 * optimum, "{capacity} {rate}");
        }
    }

    #[test]
    fn double_hashing_loses_nothing_for_any_k() {
        for k in 1..=14 {
            let mut filter = BloomFilter::with_size(200_000, k).unwrap();
            present_keys(20_000).into_iter().for_each(|key| filter.insert(key));
            assert_rate(&filter, formula::false_positive_rate(20_000, filter.size_bits(), k));
        }
    }

    #[test]
    fn it_keeps_up_with_fastbloom() {
        let mut reference = fastbloom::BloomFilter::with_num_bits(100_032).seed(&1).hashes(7);
        let mut filter = BloomFilter::with_size(100_032, 7).unwrap();
        for key in present_keys(10_000) {
            reference.insert(&key);
            filter.insert(key);
        }
        let absent = absent_keys(200_000);
        let rate = |hits: usize| hits as f64 / absent.len() as f64;
        let theirs = rate(absent.iter().filter(|key| reference.contains(*key)).count());
        let ours = rate(absent.iter().filter(|key| filter.may_contain(**key)).count());
        assert_eq!(reference.num_bits() as u64, filter.size_bits());
        assert!(ours < theirs * 1.15, "{ours} against {theirs}");
    }

    #[test]
    fn nonsense_is_refused_with_advice() {
        for rate in [0.0, 1.0, -0.1, 1.5, f64::NAN] {
            assert!(matches!(BloomFilter::with_capacity(10, rate), Err(FilterError::Rate(_))));
        }
        let error = BloomFilter::with_capacity(10, 1.0).unwrap_err();
        assert!(error.to_string().ends_with("not 1: write 0.01 for 1%"));
        assert!(BloomFilter::with_capacity(0, 0.1).is_err());
        assert!(BloomFilter::with_size(64, 0).is_err());
        let mut small = BloomFilter::with_size(64, 3).unwrap();
        let error = small.union(&BloomFilter::with_size(128, 3).unwrap()).unwrap_err();
        assert!(error.to_string().contains("64 bits, k = 3, seed 0 and 128 bits, k = 3, seed 0"));
    }

    #[test]
    fn positions_are_the_bits_that_insert_sets() {
        let mut filter = BloomFilter::with_size(256, 5).unwrap();
        filter.insert("cat");
        let mut positions = filter.positions("cat");
        positions.sort_unstable();
        positions.dedup();
        let set: Vec<u64> =
            filter.bits().enumerate().filter(|(_, bit)| *bit).map(|(i, _)| i as u64).collect();
        assert_eq!(set, positions);
    }

    proptest! {
        #[test]
        fn never_a_false_negative(keys in prop::collection::vec(any::<u64>(), 1..200), bits in 1u64..2_000, k in 1u32..20) {
            let mut filter = BloomFilter::with_size(bits, k).unwrap();
            keys.iter().for_each(|key| filter.insert(*key));
            prop_assert!(keys.iter().all(|key| filter.may_contain(*key)));
        }

        #[test]
        fn a_union_is_the_filter_of_both_sets(a in prop::collection::vec(any::<u64>(), 0..50), b in prop::collection::vec(any::<u64>(), 0..50)) {
            let filter_of = |keys: &[u64]| {
                let mut filter = BloomFilter::with_capacity(100, 0.01).unwrap();
                keys.iter().for_each(|key| filter.insert(*key));
                filter
            };
            let mut union = filter_of(&a);
            union.union(&filter_of(&b)).unwrap();
            prop_assert_eq!(union, filter_of(&[a, b].concat()));
        }

        #[test]
        fn text_and_its_bytes_are_one_key(text in ".*") {
            let mut filter = BloomFilter::with_capacity(10, 1e-9).unwrap();
            filter.insert(text.as_str());
            prop_assert!(filter.may_contain(text.as_bytes()));
        }
    }
}
