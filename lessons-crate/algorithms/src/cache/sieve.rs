//! SIEVE: a queue with a hand.

use super::EvictionPolicy;
use super::list::{Links, List, NIL};
use super::policy::checked;

/// Evicts the next entry, from old to new, that was not asked for since the hand came by; what stays keeps its
/// place.
///
/// The difference to [`Clock`](super::Clock) is one: new entries come in at the front of the queue, wherever the
/// hand is. So the hand passes quickly over entries that came lately and were asked for once (they leave early),
/// while those that are asked for again and again sink to the back and stay. It has no defense against a loop.
///
/// # Complexity
///
/// O(1) for a hit, which sets a bit; amortized O(1) for an eviction. 9 bytes per entry.
///
/// # Sources
///
/// Y. Zhang, J. Yang, Y. Yue, Y. Vigfusson, K. V. Rashmi, "SIEVE Is Simpler than LRU: an Efficient Turn-Key
/// Eviction Algorithm for Web Caches", NSDI 2024.
#[derive(Clone, Debug)]
pub struct Sieve {
    links: Links,
    /// The front came last.
    queue: List,
    asked_for: Vec<bool>,
    /// Where the search goes on; [`NIL`] is the back.
    hand: u32,
}

impl Sieve {
    /// For this many entries.
    ///
    /// # Panics
    ///
    /// When there are none.
    pub fn new(capacity: usize) -> Self {
        Self {
            links: Links::new(checked(capacity)),
            queue: List::new(),
            asked_for: vec![false; capacity],
            hand: NIL,
        }
    }
}

impl EvictionPolicy for Sieve {
    fn name(&self) -> &'static str {
        "SIEVE"
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
        self.queue.push_front(&mut self.links, slot);
    }

    fn evict(&mut self, _: &[u64]) -> u32 {
        let mut slot = if self.hand == NIL { self.queue.back() } else { self.hand };
        while std::mem::take(&mut self.asked_for[slot as usize]) {
            slot = self.links.toward_front(slot);
            if slot == NIL {
                slot = self.queue.back();
            }
        }
        // The hand stops here, and removing its entry moves it on to the next newer one.
        self.hand = slot;
        self.on_remove(slot);
        slot
    }

    fn on_remove(&mut self, slot: u32) {
        if self.hand == slot {
            self.hand = self.links.toward_front(slot);
        }
        self.queue.remove(&mut self.links, slot);
    }
}
