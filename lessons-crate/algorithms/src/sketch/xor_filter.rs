//! Xor filter: a static set, where three table entries combine to a fingerprint.

use super::FilterError;
use super::error::{KEYS_MAX, check_size};
use super::peeling::{in_three_parts, matches, solve};
use crate::hash::hash_u64;

/// A static filter with fingerprints of 8 bits: it is built once, from all keys, and then only read.
///
/// Every key has one entry in each third of a table, and the three combine, by exclusive or, to its
/// fingerprint. An absent key's entries combine to its fingerprint by chance only: 1 time in 256.
///
/// # Complexity
///
/// Building is O(n log n) (it sorts the keys to make them distinct) and takes about 50 bytes per key for a
/// while. `may_contain` reads three entries, always. Memory is 1.23 × 8 = 9.84 bits per key.
///
/// # Examples
///
/// ```
/// use lessons::sketch::XorFilter;
///
/// let filter = XorFilter::build(&[2, 3, 5, 7, 11])?;
/// assert!(filter.may_contain(7));
/// # Ok::<(), lessons::sketch::FilterError>(())
/// ```
///
/// # Sources
///
/// T. M. Graf, D. Lemire, "Xor Filters: Faster and Smaller Than Bloom and Cuckoo Filters", ACM Journal of
/// Experimental Algorithmics 25, 2020, doi:10.1145/3376122.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XorFilter {
    fingerprints: Vec<u8>,
    seed: u64,
}

impl XorFilter {
    /// The filter of these keys; repeated ones count once.
    ///
    /// # Errors
    ///
    /// When there are more than 2³² keys.
    pub fn build(keys: &[u64]) -> Result<Self, FilterError> {
        check_size("the number of keys", keys.len() as u64, 0, KEYS_MAX)?;
        let part = (1.23 * keys.len() as f64 / 3.0).ceil() as usize + 11;
        let solution = solve(keys, 3 * part, &|hash| in_three_parts(hash, part))?;
        Ok(Self { fingerprints: solution.fingerprints, seed: solution.seed })
    }

    /// False when the key is certainly not in the set. O(1).
    #[inline]
    pub fn may_contain(&self, key: u64) -> bool {
        let hash = hash_u64(key, self.seed);
        matches(&self.fingerprints, hash, in_three_parts(hash, self.fingerprints.len() / 3))
    }

    /// The memory of the table, in bits.
    pub fn size_bits(&self) -> u64 {
        self.fingerprints.len() as u64 * 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::measure::tests::assert_rate;
    use crate::sketch::present_keys;
    use proptest::prelude::*;

    #[test]
    fn one_absent_key_in_256_passes_at_9_84_bits_per_key() {
        let filter = XorFilter::build(&present_keys(100_000)).unwrap();
        assert_rate(&filter, 1.0 / 256.0);
        assert!((filter.size_bits() as f64 / 100_000.0 - 9.84).abs() < 0.01);
    }

    proptest! {
        #[test]
        fn never_a_false_negative(mut keys in prop::collection::vec(any::<u64>(), 0..300)) {
            keys.extend_from_within(..keys.len() / 2);
            let filter = XorFilter::build(&keys).unwrap();
            prop_assert!(keys.iter().all(|key| filter.may_contain(*key)));
        }
    }
}
