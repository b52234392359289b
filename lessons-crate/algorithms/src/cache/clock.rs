//! CLOCK: nearly LRU, with one bit per entry.

use super::EvictionPolicy;
use super::policy::checked;

/// Evicts the next entry that was not asked for since the hand came by: second chance.
///
/// The slots form a circle with one hand. A hit sets the entry's bit and moves nothing. To evict, the hand goes
/// round: where the bit is set it clears it and goes on, where it is clear the entry leaves.
///
/// # Complexity
///
/// O(1) for a hit; amortized O(1) for an eviction, because each step of the hand clears a bit that a hit has set.
/// 1 byte per entry.
///
/// # Sources
///
/// F. J. Corbató, "A Paging Experiment with the Multics System", MIT Project MAC Report MAC-M-384, 1968.
#[derive(Clone, Debug)]
pub struct Clock {
    asked_for: Vec<bool>,
    hand: usize,
}

impl Clock {
    /// For this many entries.
    ///
    /// # Panics
    ///
    /// When there are none.
    pub fn new(capacity: usize) -> Self {
        Self { asked_for: vec![false; checked(capacity)], hand: 0 }
    }
}

impl EvictionPolicy for Clock {
    fn name(&self) -> &'static str {
        "CLOCK"
    }

    fn capacity(&self) -> usize {
        self.asked_for.len()
    }

    #[inline]
    fn on_hit(&mut self, slot: u32, _: u64) {
        self.asked_for[slot as usize] = true;
    }

    #[inline]
    fn on_insert(&mut self, slot: u32, _: u64) {
        self.asked_for[slot as usize] = false;
    }

    fn evict(&mut self, _: &[u64]) -> u32 {
        loop {
            let slot = self.hand;
            self.hand = if slot + 1 == self.asked_for.len() { 0 } else { slot + 1 };
            if !std::mem::take(&mut self.asked_for[slot]) {
                return slot as u32;
            }
        }
    }

    fn on_remove(&mut self, slot: u32) {
        self.asked_for[slot as usize] = false;
    }
}
