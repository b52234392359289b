//! First in, first out.

use super::EvictionPolicy;
use super::list::{Links, List};
use super::policy::checked;

/// Evicts the entry that was stored first; being asked for changes nothing.
///
/// # Complexity
///
/// O(1), and nothing at all on a hit. 8 bytes per entry.
///
/// # Sources
///
/// L. A. Belady, "A Study of Replacement Algorithms for a Virtual-Storage Computer", IBM Systems Journal 5(2),
/// 1966, doi:10.1147/sj.52.0078. That a larger FIFO cache can hit less: L. A. Belady, R. A. Nelson, G. S. Shedler,
/// "An Anomaly in Space-Time Characteristics of Certain Programs Running in a Paging Machine", CACM 12(6), 1969,
/// doi:10.1145/363011.363155.
#[derive(Clone, Debug)]
pub struct Fifo {
    links: Links,
    queue: List,
    capacity: usize,
}

impl Fifo {
    /// For this many entries.
    ///
    /// # Panics
    ///
    /// When there are none.
    pub fn new(capacity: usize) -> Self {
        Self { links: Links::new(checked(capacity)), queue: List::new(), capacity }
    }
}

impl EvictionPolicy for Fifo {
    fn name(&self) -> &'static str {
        "FIFO"
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    #[inline]
    fn on_hit(&mut self, _: u32, _: u64) {}

    #[inline]
    fn on_insert(&mut self, slot: u32, _: u64) {
        self.queue.push_front(&mut self.links, slot);
    }

    #[inline]
    fn evict(&mut self, _: &[u64]) -> u32 {
        self.queue.pop_back(&mut self.links)
    }

    fn on_remove(&mut self, slot: u32) {
        self.queue.remove(&mut self.links, slot);
    }
}
