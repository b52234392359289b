//! What leaves when the cache is full.

/// Decides which entry leaves a full [`Cache`](super::Cache).
///
/// It knows the entries by their slots, numbers below the capacity, and by the hashes of their keys.
pub trait EvictionPolicy {
    /// The name of the algorithm, for plots and tables.
    fn name(&self) -> &'static str;

    /// How many slots there are.
    fn capacity(&self) -> usize;

    /// The entry in this slot was asked for.
    fn on_hit(&mut self, slot: u32, hash: u64);

    /// A new entry is in this slot, which had none.
    fn on_insert(&mut self, slot: u32, hash: u64);

    /// Gives up one slot; called when every slot has an entry. `hashes` are those of their keys, by slot.
    fn evict(&mut self, hashes: &[u64]) -> u32;

    /// The entry of this slot was taken out by the cache's user.
    fn on_remove(&mut self, slot: u32);
}

impl<P: EvictionPolicy + ?Sized> EvictionPolicy for Box<P> {
    fn name(&self) -> &'static str {
        (**self).name()
    }
    fn capacity(&self) -> usize {
        (**self).capacity()
    }
    fn on_hit(&mut self, slot: u32, hash: u64) {
        (**self).on_hit(slot, hash);
    }
    fn on_insert(&mut self, slot: u32, hash: u64) {
        (**self).on_insert(slot, hash);
    }
    fn evict(&mut self, hashes: &[u64]) -> u32 {
        (**self).evict(hashes)
    }
    fn on_remove(&mut self, slot: u32) {
        (**self).on_remove(slot);
    }
}

/// Panics for a capacity of 0; every policy calls it.
pub(super) fn checked(capacity: usize) -> usize {
    assert!(capacity > 0, "a cache needs room for at least one entry");
    capacity
}
