//! Least recently used.

use super::EvictionPolicy;
use super::list::{Links, List};
use super::policy::checked;

/// Evicts the entry that was not asked for the longest.
///
/// A list in order of last use: a hit moves its entry to the front, the back is evicted. Good when what was
/// asked for lately is asked for again; a single pass over many keys (a scan) empties it.
///
/// # Complexity
///
/// O(1); a hit changes up to six words, which is why concurrent caches avoid it. 8 bytes per entry.
///
/// # Sources
///
/// Folklore of the 1960s, studied as a stack algorithm in R. L. Mattson, J. Gecsei, D. R. Slutz, I. L. Traiger,
/// "Evaluation Techniques for Storage Hierarchies", IBM Systems Journal 9(2), 1970, doi:10.1147/sj.92.0078.
#[derive(Clone, Debug)]
pub struct Lru {
    links: Links,
    /// The front was used last.
    by_use: List,
    capacity: usize,
}

impl Lru {
    /// For this many entries.
    ///
    /// # Panics
    ///
    /// When there are none.
    pub fn new(capacity: usize) -> Self {
        Self { links: Links::new(checked(capacity)), by_use: List::new(), capacity }
    }
}

impl EvictionPolicy for Lru {
    fn name(&self) -> &'static str {
        "LRU"
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    #[inline]
    fn on_hit(&mut self, slot: u32, _: u64) {
        self.by_use.move_to_front(&mut self.links, slot);
    }

    #[inline]
    fn on_insert(&mut self, slot: u32, _: u64) {
        self.by_use.push_front(&mut self.links, slot);
    }

    #[inline]
    fn evict(&mut self, _: &[u64]) -> u32 {
        self.by_use.pop_back(&mut self.links)
    }

    fn on_remove(&mut self, slot: u32) {
        self.by_use.remove(&mut self.links, slot);
    }
}
