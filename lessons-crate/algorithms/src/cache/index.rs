//! Where a key is: a hash table of slot numbers, with nothing of the key but 32 bits of its hash.

use std::hash::{Hash, Hasher};

use crate::hash::{hash_bytes, mix64};

/// A place of the table with no key.
const EMPTY: u64 = u64::MAX;

/// Finds the slot of a key by its hash; the keys themselves stay with the caller.
///
/// Open addressing with linear probing: a lookup reads neighboring words, most often one. A removed entry
/// leaves no mark, because those behind it move up (backward shift deletion).
///
/// # Complexity
///
/// All operations are O(1) on average. Memory is 16 to 32 bytes per key: the table is never more than half full.
///
/// # Sources
///
/// D. E. Knuth, "The Art of Computer Programming", volume 3, second edition, section 6.4, algorithms L and R.
#[derive(Clone, Debug)]
pub(super) struct Index {
    /// Tag in the upper half, slot in the lower, or [`EMPTY`]. Invariant: a power of two, half of it empty.
    places: Vec<u64>,
}

impl Index {
    /// An index for at most `capacity` keys.
    pub(super) fn new(capacity: usize) -> Self {
        assert!(capacity < u32::MAX as usize / 2, "a cache has at most 2 billion entries");
        Self { places: vec![EMPTY; (2 * capacity).next_power_of_two().max(4)] }
    }

    /// The slot whose tag fits the hash and of which `is_key` is true.
    #[inline]
    pub(super) fn find(&self, hash: u64, mut is_key: impl FnMut(u32) -> bool) -> Option<u32> {
        let (tag, mask) = (hash >> 32, self.places.len() - 1);
        let mut place = tag as usize & mask;
        loop {
            let entry = self.places[place];
            if entry == EMPTY {
                return None;
            }
            if entry >> 32 == tag && is_key(entry as u32) {
                return Some(entry as u32);
            }
            place = (place + 1) & mask;
        }
    }

    /// Adds a key that is not there.
    #[inline]
    pub(super) fn insert(&mut self, hash: u64, slot: u32) {
        let (tag, mask) = (hash >> 32, self.places.len() - 1);
        let mut place = tag as usize & mask;
        while self.places[place] != EMPTY {
            place = (place + 1) & mask;
        }
        self.places[place] = tag << 32 | u64::from(slot);
    }

    /// Takes out the entry of this hash and slot, which is there.
    #[inline]
    pub(super) fn remove(&mut self, hash: u64, slot: u32) {
        let mask = self.places.len() - 1;
        let entry = (hash >> 32) << 32 | u64::from(slot);
        let mut hole = (hash >> 32) as usize & mask;
        while self.places[hole] != entry {
            assert!(self.places[hole] != EMPTY, "only what was inserted is removed");
            hole = (hole + 1) & mask;
        }
        let mut place = hole;
        loop {
            place = (place + 1) & mask;
            let entry = self.places[place];
            if entry == EMPTY {
                break;
            }
            let home = (entry >> 32) as usize & mask;
            // It may move into the hole if the hole is between its home and where it is.
            if (place.wrapping_sub(home) & mask) >= (place.wrapping_sub(hole) & mask) {
                self.places[hole] = entry;
                hole = place;
            }
        }
        self.places[hole] = EMPTY;
    }
}

/// The stable hash of a key of any type: equal on every machine of the same word size, run after run.
#[inline]
pub(super) fn hash_of<Q: Hash + ?Sized>(key: &Q) -> u64 {
    let mut hasher = Stable(0x9E37_79B9_7F4A_7C15);
    key.hash(&mut hasher);
    hasher.0
}

struct Stable(u64);

impl Hasher for Stable {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash_bytes(bytes, self.0);
    }
    #[inline]
    fn write_u64(&mut self, value: u64) {
        self.0 = mix64(self.0 ^ value);
    }
    #[inline]
    fn write_u32(&mut self, value: u32) {
        self.write_u64(value.into());
    }
    #[inline]
    fn write_u8(&mut self, value: u8) {
        self.write_u64(value.into());
    }
    #[inline]
    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// Few different tags, so that probe sequences run into each other and around the end.
        #[test]
        fn it_finds_what_a_map_finds(steps in prop::collection::vec((0u64..12, any::<bool>()), 0..300)) {
            let mut index = Index::new(12);
            let mut model = BTreeMap::new();
            let hash = |key: u64| (key % 5 + 29) << 32 | key;
            for (key, add) in steps {
                let slot = key as u32;
                match (add, model.contains_key(&key)) {
                    (true, false) => {
                        index.insert(hash(key), slot);
                        model.insert(key, slot);
                    }
                    (false, true) => {
                        index.remove(hash(key), slot);
                        model.remove(&key);
                    }
                    _ => {}
                }
                for key in 0..12 {
                    let found = index.find(hash(key), |slot| u64::from(slot) == key);
                    prop_assert_eq!(found, model.get(&key).copied());
                }
            }
        }
    }

    #[test]
    fn hashes_of_numbers_and_text_differ() {
        let hashes = [hash_of(&1u64), hash_of(&2u64), hash_of("a"), hash_of("b"), hash_of(&("a", "b"))];
        let different: std::collections::BTreeSet<u64> = hashes.into_iter().collect();
        assert_eq!(different.len(), hashes.len());
        assert_eq!(hash_of("a"), hash_of(&"a".to_owned()));
    }
}
