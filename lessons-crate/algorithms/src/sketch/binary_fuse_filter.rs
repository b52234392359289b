//! Binary fuse filter: a xor filter whose three entries are neighbors, and so it needs less room.

use super::FilterError;
use super::error::{KEYS_MAX, check_size};
use super::peeling::{matches, solve};
use crate::hash::{hash_u64, reduce};

/// The longest segment: 2¹⁸ entries, as in the paper's implementation.
const SEGMENT_MAX: usize = 1 << 18;

/// A static filter with fingerprints of 8 bits, smaller than a [`super::XorFilter`] and quicker to build.
///
/// The table is cut into many segments, and a key has one entry in each of three consecutive ones. The ends
/// of the table have few users; peeling starts there and runs inward like a burning fuse, which works with
/// 1.125 slots per key instead of 1.23.
///
/// # Complexity
///
/// Building is O(n log n) (it sorts the keys to make them distinct). `may_contain` reads three entries, always.
/// Memory is 9.0 bits per key for a million keys, at a rate of 1/256; sets below some thousand keys need more.
///
/// # Examples
///
/// ```
/// use lessons::sketch::BinaryFuseFilter;
///
/// let filter = BinaryFuseFilter::build(&[2, 3, 5, 7, 11])?;
/// assert!(filter.may_contain(7));
/// # Ok::<(), lessons::sketch::FilterError>(())
/// ```
///
/// # Sources
///
/// T. M. Graf, D. Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor Filters", ACM Journal of
/// Experimental Algorithmics 27, 2022, doi:10.1145/3510449.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinaryFuseFilter {
    fingerprints: Vec<u8>,
    seed: u64,
    /// Entries per segment. Invariant: a power of two.
    segment: usize,
}

impl BinaryFuseFilter {
    /// The filter of these keys; repeated ones count once.
    ///
    /// # Errors
    ///
    /// When there are more than 2³² keys.
    pub fn build(keys: &[u64]) -> Result<Self, FilterError> {
        check_size("the number of keys", keys.len() as u64, 0, KEYS_MAX)?;
        let (segment, segments) = shape(keys.len());
        let starts = segment * (segments - 2);
        let solution = solve(keys, segment * segments, &|hash| positions(hash, segment, starts))?;
        Ok(Self { fingerprints: solution.fingerprints, seed: solution.seed, segment })
    }

    /// False when the key is certainly not in the set. O(1).
    #[inline]
    pub fn may_contain(&self, key: u64) -> bool {
        let hash = hash_u64(key, self.seed);
        let starts = self.fingerprints.len() - 2 * self.segment;
        matches(&self.fingerprints, hash, positions(hash, self.segment, starts))
    }

    /// The memory of the table, in bits.
    pub fn size_bits(&self) -> u64 {
        self.fingerprints.len() as u64 * 8
    }
}

/// Entries per segment and number of segments, from the paper's formulas (section 3).
fn shape(keys: usize) -> (usize, usize) {
    let n = keys.max(2) as f64;
    let exponent = (n.ln() / 3.33f64.ln() + 2.25).floor();
    let segment = (exponent.exp2() as usize).clamp(4, SEGMENT_MAX);
    let factor = (0.875 + 0.25 * 1e6f64.ln() / n.ln()).max(1.125);
    let segments = (n * factor / segment as f64).ceil() as usize;
    (segment, segments.max(3))
}

/// One slot in each of three consecutive segments. The first follows from the hash as a number, and the
/// other two lie one and two segments further, moved within their segments by other bits of the hash.
#[inline]
fn positions(hash: u64, segment: usize, starts: usize) -> [usize; 3] {
    let first = reduce(hash, starts as u64) as usize;
    let within = segment - 1;
    let second = (first + segment) ^ ((hash >> 18) as usize & within);
    let third = (first + 2 * segment) ^ (hash as usize & within);
    [first, second, third]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::measure::tests::assert_rate;
    use crate::sketch::present_keys;
    use proptest::prelude::*;

    #[test]
    fn one_absent_key_in_256_passes_at_9_bits_per_key() {
        let filter = BinaryFuseFilter::build(&present_keys(1_000_000)).unwrap();
        assert_rate(&filter, 1.0 / 256.0);
        let bits_per_key = filter.size_bits() as f64 / 1e6;
        assert!((9.0..9.2).contains(&bits_per_key), "{bits_per_key}");
    }

    #[test]
    fn every_size_can_be_built() {
        for n in (0..100).chain([1_000, 9_999, 50_000]) {
            let keys = present_keys(n);
            let filter = BinaryFuseFilter::build(&keys).unwrap();
            assert!(keys.iter().all(|key| filter.may_contain(*key)), "{n}");
        }
    }

    proptest! {
        #[test]
        fn never_a_false_negative(mut keys in prop::collection::vec(any::<u64>(), 0..300)) {
            keys.extend_from_within(..keys.len() / 2);
            let filter = BinaryFuseFilter::build(&keys).unwrap();
            prop_assert!(keys.iter().all(|key| filter.may_contain(*key)));
        }
    }
}
