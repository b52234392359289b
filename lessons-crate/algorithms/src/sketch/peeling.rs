//! Peeling: how xor and binary fuse filters find a value for every slot.
//!
//! Each key owns three slots and wants their exclusive or to be its fingerprint. A slot that only one key
//! uses can always satisfy that key, so that key is taken away, which frees other slots, and so on. When
//! all keys are gone, the slots are filled in the opposite order. With enough slots this works out nearly
//! always (1.23 n for random slots, 1.125 n for slots in neighboring segments); if not, another seed is tried.

use super::FilterError;
use crate::hash::{hash_u64, reduce};

/// Seeds tried before giving up. Each works with probability above 0.5, so distinct keys practically
/// never get there.
const ATTEMPTS_MAX: u32 = 100;

/// A filled table and the seed that made it possible.
pub(super) struct Solution {
    pub(super) fingerprints: Vec<u8>,
    pub(super) seed: u64,
}

/// Fills `slots` slots so that [`matches`] is true for every key. O(n) expected.
pub(super) fn solve(
    keys: &[u64],
    slots: usize,
    positions: &dyn Fn(u64) -> [usize; 3],
) -> Result<Solution, FilterError> {
    let mut distinct = keys.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    for seed in 0..u64::from(ATTEMPTS_MAX) {
        if let Some(order) = peel(&distinct, seed, slots, positions) {
            let mut fingerprints = vec![0u8; slots];
            for &(hash, slot) in order.iter().rev() {
                let [a, b, c] = positions(hash);
                // The slot itself is still 0, so it does not count.
                let others = fingerprints[a] ^ fingerprints[b] ^ fingerprints[c];
                fingerprints[slot] = fingerprint(hash) ^ others;
            }
            return Ok(Solution { fingerprints, seed });
        }
    }
    Err(FilterError::Unsolvable { attempts: ATTEMPTS_MAX })
}

/// The keys' hashes with the slot that each may decide, in the order of peeling; `None` if some keys remain.
fn peel(
    keys: &[u64],
    seed: u64,
    slots: usize,
    positions: &dyn Fn(u64) -> [usize; 3],
) -> Option<Vec<(u64, usize)>> {
    // Per slot, how many keys use it, and the exclusive or of their hashes: of one key, that is its hash.
    let mut users = vec![(0u32, 0u64); slots];
    for key in keys {
        let hash = hash_u64(*key, seed);
        for slot in positions(hash) {
            users[slot].0 += 1;
            users[slot].1 ^= hash;
        }
    }
    let mut alone: Vec<usize> = (0..slots).filter(|slot| users[*slot].0 == 1).collect();
    let mut order = Vec::with_capacity(keys.len());
    while let Some(slot) = alone.pop() {
        let (count, hash) = users[slot];
        if count != 1 {
            continue;
        }
        order.push((hash, slot));
        for slot in positions(hash) {
            users[slot].0 -= 1;
            users[slot].1 ^= hash;
            if users[slot].0 == 1 {
                alone.push(slot);
            }
        }
    }
    (order.len() == keys.len()).then_some(order)
}

/// One slot in each of three parts, from three different parts of the hash.
#[inline]
pub(super) fn in_three_parts(hash: u64, part: usize) -> [usize; 3] {
    let slot = |rotation: u32| reduce(hash.rotate_left(rotation), part as u64) as usize;
    [slot(0), part + slot(21), 2 * part + slot(42)]
}

/// Whether the three slots of the hash combine to its fingerprint.
#[inline]
pub(super) fn matches(fingerprints: &[u8], hash: u64, [a, b, c]: [usize; 3]) -> bool {
    fingerprint(hash) == fingerprints[a] ^ fingerprints[b] ^ fingerprints[c]
}

/// Eight bits of the hash that do not decide its slots alone.
#[inline]
fn fingerprint(hash: u64) -> u8 {
    (hash ^ hash >> 32) as u8
}

/// The share of `attempts` seeds for which `keys` random keys can be peeled from `slots` slots in three equal
/// parts, as in a xor filter. Shows the threshold at 1.23 slots per key.
///
/// Source: the threshold is that of 3-uniform hypergraphs; F. C. Botelho, R. Pagh, N. Ziviani, "Simple and
/// Space-Efficient Minimal Perfect Hash Functions", WADS 2007, doi:10.1007/978-3-540-73951-7_13.
pub fn peeling_success(keys: &[u64], slots: usize, attempts: u64) -> f64 {
    let part = slots / 3;
    let positions = |hash: u64| in_three_parts(hash, part);
    let worked = (0..attempts).filter(|seed| {
        crate::interrupt::checkpoint();
        peel(keys, *seed, part * 3, &positions).is_some()
    });
    worked.count() as f64 / attempts as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::present_keys;

    #[test]
    fn peeling_works_above_the_threshold_and_fails_below() {
        let keys = present_keys(30_000);
        assert_eq!(peeling_success(&keys, 36_900 + 300, 10), 1.0);
        assert_eq!(peeling_success(&keys, 36_000, 10), 0.0);
    }

    #[test]
    fn what_cannot_be_solved_is_an_error() {
        let same_slots = |_: u64| [0, 1, 2];
        assert!(matches!(solve(&[1, 2], 3, &same_slots), Err(FilterError::Unsolvable { attempts: 100 })));
    }
}
