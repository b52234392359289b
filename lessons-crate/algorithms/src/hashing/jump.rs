//! Consistent hashing without memory.

use super::Placement;
use crate::hash::mix64;

/// The bucket of a key, from 0 up to, not including, `buckets`, in O(log buckets) and no memory.
///
/// From `n` to `n + 1` buckets, each key moves with probability 1 / (n + 1), and always to the new one.
/// Buckets can only be added and removed at the end.
///
/// # Panics
///
/// When `buckets` is 0.
///
/// # Sources
///
/// J. Lamping, E. Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", arXiv:1406.2294, 2014.
///
/// # Examples
///
/// ```
/// use lessons::hashing::jump_hash;
///
/// let (before, after) = (jump_hash(42, 10), jump_hash(42, 11));
/// assert!(after == before || after == 10);
/// ```
pub fn jump_hash(key: u64, buckets: u64) -> u64 {
    assert!(buckets > 0, "keys need at least one bucket");
    let mut state = key;
    let mut bucket = 0;
    let mut next = 0;
    while next < buckets {
        bucket = next;
        state = state.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        // How far the next jump goes: the number of buckets at which the key moves again.
        // Rounded as in the paper's code, so that all implementations agree on every key.
        let inverse = (1u64 << 31) as f64 / ((state >> 33) + 1) as f64;
        next = ((bucket + 1) as f64 * inverse) as u64;
    }
    bucket
}

/// [`jump_hash`] over the nodes 0, 1, 2 and so on, of the hash of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JumpHash(
    /// The number of nodes; at least 1.
    pub u64,
);

impl Placement for JumpHash {
    fn name(&self) -> &'static str {
        "jump hash"
    }

    fn node(&self, key: u64) -> u64 {
        jump_hash(mix64(key), self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hashing::{Modulo, moved_fraction, shares};

    #[test]
    fn shares_are_even() {
        let counts = shares(&JumpHash(10), 10, 100_000);
        assert!(crate::stats::chi_square_p_value(&counts, &[10_000.0; 10]) > 0.001, "{counts:?}");
    }

    #[test]
    fn a_key_moves_only_to_the_new_bucket_and_as_rarely_as_possible() {
        for key in (0..1_000).map(mix64) {
            for buckets in 1..30 {
                let (before, after) = (jump_hash(key, buckets), jump_hash(key, buckets + 1));
                assert!(after == before || after == buckets, "{key}: {before} to {after}");
            }
        }
        let moved = moved_fraction(&JumpHash(10), &JumpHash(11), 100_000);
        assert!((moved - 1.0 / 11.0).abs() < 0.004, "{moved}");
        let moved = moved_fraction(&Modulo(10), &Modulo(11), 100_000);
        assert!((moved - 10.0 / 11.0).abs() < 0.004, "{moved}");
    }

    proptest! {
        #[test]
        fn the_crate_jumpch_gives_the_same_buckets(key: u64, few in 1u32..100, many in 100u32..u32::MAX) {
            for buckets in [few, many] {
                prop_assert_eq!(jump_hash(key, u64::from(buckets)), u64::from(jumpch::hash(key, buckets)));
            }
        }
    }
}
