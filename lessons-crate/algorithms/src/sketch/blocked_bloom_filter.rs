//! Blocked Bloom filter: all bits of a key in one cache line.

use super::error::{BITS_MAX, KEYS_MAX, check_rate, check_size};
use super::{FilterError, Key, formula};
use crate::hash::{mix64, reduce};

/// Bits of a block: the 64 bytes of a cache line on today's x86 and most ARM processors.
const BLOCK_BITS: u32 = 512;
/// The most hash functions: with more, a block could not hold twenty keys.
const HASHES_MAX: usize = 32;

/// A Bloom filter that keeps the `k` bits of a key within one block of 512 bits.
///
/// A lookup touches one cache line instead of up to `k`: one memory access, when the filter is larger than
/// the cache. The price is accuracy, since some blocks get more than their share of keys: at 10 bits per key
/// 0.96% instead of 0.82% (see [`formula::blocked_false_positive_rate`]).
///
/// # Complexity
///
/// `insert` and `may_contain` are O(k), with one cache miss. Memory at 1% is 9.9 bits per key.
///
/// # Examples
///
/// ```
/// use lessons::sketch::BlockedBloomFilter;
///
/// let mut seen = BlockedBloomFilter::with_capacity(1_000, 0.01)?;
/// seen.insert(17u64);
/// assert!(seen.may_contain(17u64));
/// # Ok::<(), lessons::sketch::FilterError>(())
/// ```
///
/// # Sources
///
/// F. Putze, P. Sanders, J. Singler, "Cache-, Hash- and Space-Efficient Bloom Filters", WEA 2007,
/// doi:10.1007/978-3-540-72845-0_9.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockedBloomFilter {
    /// Invariant: never empty.
    blocks: Vec<Block>,
    /// Invariant: at least 1.
    hash_count: u32,
}

/// One cache line, and aligned to it, or a block would touch two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))]
struct Block([u64; 8]);

impl BlockedBloomFilter {
    /// The smallest filter that keeps this false-positive rate (0.01 is 1%) up to `capacity` keys.
    ///
    /// # Errors
    ///
    /// When the rate is not between 1e-8 and 1 (below, blocks are too small to be accurate), or the
    /// capacity is 0 or above 2³².
    pub fn with_capacity(capacity: u64, rate: f64) -> Result<Self, FilterError> {
        check_rate(rate)?;
        check_size("the capacity", capacity, 1, KEYS_MAX)?;
        let (bits_per_key, hash_count) = smallest_shape(rate).ok_or(FilterError::Rate(rate))?;
        Self::with_size((capacity as f64 * bits_per_key).ceil() as u64, hash_count)
    }

    /// A filter of `bits` (rounded up to whole blocks of 512) and `hash_count` bits per key (`k`).
    ///
    /// # Errors
    ///
    /// When `bits` is 0 or above 2³⁶ (8 GiB), or `hash_count` is 0 or above 32.
    pub fn with_size(bits: u64, hash_count: u32) -> Result<Self, FilterError> {
        check_size("the number of bits", bits, 1, BITS_MAX)?;
        check_size("the number of hash functions", u64::from(hash_count), 1, HASHES_MAX as u64)?;
        let blocks = bits.div_ceil(u64::from(BLOCK_BITS)) as usize;
        Ok(Self { blocks: vec![Block([0; 8]); blocks], hash_count })
    }

    /// Adds a key. O(k).
    #[inline]
    pub fn insert(&mut self, key: impl Key) {
        self.insert_hash(key.hash64(0));
    }

    /// False when the key is certainly not in the set. O(k), one cache miss.
    #[inline]
    pub fn may_contain(&self, key: impl Key) -> bool {
        self.may_contain_hash(key.hash64(0))
    }

    #[inline]
    fn insert_hash(&mut self, hash: u64) {
        let block = reduce(hash, self.blocks.len() as u64) as usize;
        let Block(words) = &mut self.blocks[block];
        each_bit(hash, self.hash_count, |bit| words[bit / 64] |= 1 << (bit % 64));
    }

    #[inline]
    fn may_contain_hash(&self, hash: u64) -> bool {
        let Block(words) = &self.blocks[reduce(hash, self.blocks.len() as u64) as usize];
        // All bits are read, with no way out in between: they are in the cache by now, and a branch that
        // nobody can predict costs more than the few reads it saves.
        let mut present = 1;
        each_bit(hash, self.hash_count, |bit| present &= words[bit / 64] >> (bit % 64));
        present == 1
    }

    /// The number of bits (`m`).
    pub fn size_bits(&self) -> u64 {
        self.blocks.len() as u64 * u64::from(BLOCK_BITS)
    }

    /// The number of bits set for each key (`k`).
    pub fn hash_count(&self) -> u32 {
        self.hash_count
    }
}

/// Nine bits of hash for each bit position, so one 64-bit hash is enough for seven.
const POSITIONS_PER_HASH: u32 = 7;

/// Calls `visit` with the bits of a key within its block, 0 to 511 each.
#[inline]
fn each_bit(hash: u64, hash_count: u32, mut visit: impl FnMut(usize)) {
    // The block was chosen by the high bits of the hash, so these are mixed anew.
    let mut pool = mix64(hash);
    let mut left = hash_count;
    loop {
        let mut positions = pool;
        for _ in 0..left.min(POSITIONS_PER_HASH) {
            visit((positions % 512) as usize);
            positions >>= 9;
        }
        if left <= POSITIONS_PER_HASH {
            return;
        }
        left -= POSITIONS_PER_HASH;
        pool = mix64(pool);
    }
}

/// The fewest bits per key that reach the rate, and the number of hash functions; `None` when no filter of
/// reasonable size does.
fn smallest_shape(rate: f64) -> Option<(f64, u32)> {
    const BITS_PER_KEY_MAX: f64 = 64.0;
    let reaches = |bits_per_key: f64| {
        (1..=20).find(|k| formula::blocked_false_positive_rate(bits_per_key, *k, BLOCK_BITS) <= rate)
    };
    reaches(BITS_PER_KEY_MAX)?;
    let (mut low, mut high) = (0.1, BITS_PER_KEY_MAX);
    // The rate falls as bits are added: 20 halvings find the point to four digits.
    for _ in 0..20 {
        let middle = (low + high) / 2.0;
        if reaches(middle).is_some() { high = middle } else { low = middle }
    }
    reaches(high).map(|hash_count| (high, hash_count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::measure::tests::assert_rate;
    use crate::sketch::present_keys;
    use proptest::prelude::*;

    #[test]
    fn the_rate_is_that_of_the_poisson_formula() {
        for (bits_per_key, k) in [(8.0, 5), (10.0, 7), (12.0, 6), (16.0, 8)] {
            let mut filter = BlockedBloomFilter::with_size((50_000.0 * bits_per_key) as u64, k).unwrap();
            present_keys(50_000).into_iter().for_each(|key| filter.insert(key));
            assert_rate(&filter, formula::blocked_false_positive_rate(bits_per_key, k, BLOCK_BITS));
        }
    }

    #[test]
    fn the_capacity_is_met_with_little_more_memory_than_a_plain_filter() {
        for (rate, most) in [(0.1, 1.05), (0.01, 1.10), (0.001, 1.20)] {
            let mut filter = BlockedBloomFilter::with_capacity(50_000, rate).unwrap();
            present_keys(50_000).into_iter().for_each(|key| filter.insert(key));
            assert_rate(&filter, rate);
            let plain = formula::optimal_bits(50_000, rate) as f64;
            assert!(
                filter.size_bits() as f64 <= most * plain,
                "{rate}: {}",
                filter.size_bits() as f64 / plain
            );
        }
        assert_eq!(BlockedBloomFilter::with_capacity(10, 1e-12), Err(FilterError::Rate(1e-12)));
    }

    proptest! {
        #[test]
        fn never_a_false_negative(keys in prop::collection::vec(any::<u64>(), 1..200), bits in 1u64..5_000, k in 1u32..20) {
            let mut filter = BlockedBloomFilter::with_size(bits, k).unwrap();
            keys.iter().for_each(|key| filter.insert(*key));
            prop_assert!(keys.iter().all(|key| filter.may_contain(*key)));
        }
    }
}
