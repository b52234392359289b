//! Key-based sharding: the hash of the key decides.

use super::Sharder;
use crate::hashing::Placement;

/// The owner of a key is where a [`Placement`] puts its hash.
///
/// Even for any set of keys, and blind to their order: neighbors are on different shards, so a range of keys
/// asks them all. What a new shard moves is up to the placement.
///
/// # Examples
///
/// ```
/// use lessons::hashing::Modulo;
/// use lessons::sharding::{KeyBased, Sharder};
///
/// let users = KeyBased::new(Modulo(4), &[0, 1, 2, 3]);
/// assert!(users.shard(17) < 4);
/// assert_eq!(users.shards_between(100, 200), [0, 1, 2, 3]);
/// ```
#[derive(Clone, Debug)]
pub struct KeyBased<P> {
    placement: P,
    /// Sorted.
    shards: Vec<u64>,
}

impl<P: Placement> KeyBased<P> {
    /// Keys on these shards, as the placement says.
    ///
    /// # Panics
    ///
    /// When there is no shard.
    pub fn new(placement: P, shards: &[u64]) -> Self {
        assert!(!shards.is_empty(), "keys need at least one shard");
        let mut shards = shards.to_vec();
        shards.sort_unstable();
        Self { placement, shards }
    }
}

impl<P: Placement> Sharder for KeyBased<P> {
    fn name(&self) -> &'static str {
        self.placement.name()
    }

    fn shard(&self, key: u64) -> u64 {
        self.placement.node(key)
    }

    fn shards_between(&self, first: u64, last: u64) -> Vec<u64> {
        match last.checked_sub(first) {
            None => Vec::new(),
            // So few keys that asking for each by name is cheaper than asking everybody.
            Some(others) if others < self.shards.len() as u64 => {
                let mut shards: Vec<u64> = (first..=last).map(|key| self.shard(key)).collect();
                shards.sort_unstable();
                shards.dedup();
                shards
            }
            Some(_) => self.shards.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hashing::{HashRing, JumpHash, Modulo, Rendezvous};
    use crate::sharding::{SlotMap, keys_per_shard, moved_keys};

    #[test]
    fn what_a_new_shard_moves_is_what_theory_says() {
        let (ten, eleven): (Vec<u64>, Vec<u64>) = ((0..10).collect(), (0..11).collect());
        let keys: Vec<u64> = (0..100_000).collect();
        let moved = |before: &dyn Sharder, after: &dyn Sharder| {
            moved_keys(before, after, &keys) as f64 / keys.len() as f64
        };
        let mut more = SlotMap::new(16_384, &ten);
        let slots = more.clone();
        more.rebalance(&eleven);
        let fair = 1.0 / 11.0;
        for (name, share, expected, tolerance) in [
            // A key stays when its hash agrees modulo 10 and modulo 11: one in eleven.
            (
                "modulo",
                moved(&KeyBased::new(Modulo(10), &ten), &KeyBased::new(Modulo(11), &eleven)),
                1.0 - fair,
                0.004,
            ),
            ("slots", moved(&KeyBased::new(slots, &ten), &KeyBased::new(more, &eleven)), fair, 0.004),
            (
                "jump",
                moved(&KeyBased::new(JumpHash(10), &ten), &KeyBased::new(JumpHash(11), &eleven)),
                fair,
                0.004,
            ),
            (
                "rendezvous",
                moved(
                    &KeyBased::new(Rendezvous::new(&ten), &ten),
                    &KeyBased::new(Rendezvous::new(&eleven), &eleven),
                ),
                fair,
                0.004,
            ),
            // The share of a node with 100 points varies by a tenth of itself.
            (
                "ring",
                moved(
                    &KeyBased::new(HashRing::new(&ten, 100), &ten),
                    &KeyBased::new(HashRing::new(&eleven, 100), &eleven),
                ),
                fair,
                0.03,
            ),
        ] {
            assert!((share - expected).abs() < tolerance, "{name}: {share} instead of {expected}");
        }
    }

    #[test]
    fn few_keys_ask_few_shards_and_many_ask_all() {
        let sharder = KeyBased::new(Modulo(8), &(0..8).collect::<Vec<_>>());
        assert_eq!(sharder.shards_between(7, 7), [sharder.shard(7)]);
        assert_eq!(sharder.shards_between(9, 8), Vec::<u64>::new());
        assert_eq!(sharder.shards_between(0, u64::MAX).len(), 8);
        let counts = keys_per_shard(&sharder, &(0..80_000).collect::<Vec<_>>());
        let counts: Vec<u64> = counts.into_values().collect();
        assert!(crate::stats::chi_square_p_value(&counts, &[10_000.0; 8]) > 0.001, "{counts:?}");
    }
}
