//! LRU by a few samples, as Redis does it.

use super::EvictionPolicy;
use super::policy::checked;
use crate::rng::Rng;

/// Looks at a few random entries and evicts the one of them that was not asked for the longest.
///
/// No list to keep: a hit writes one number. With one sample it evicts at random; with ten it is close to
/// [`Lru`](super::Lru). Redis takes five by default (`maxmemory-samples`), and its key eviction also remembers good
/// candidates between evictions, which this does not.
///
/// # Complexity
///
/// O(1) for a hit, O(samples) for an eviction. 8 bytes per entry.
///
/// # Sources
///
/// Redis documentation, "Key eviction". K. Psounis, B. Prabhakar, "Efficient Randomized Web-Cache Replacement
/// Schemes Using Samples from Past Eviction Times", IEEE/ACM Transactions on Networking 10(4), 2002,
/// doi:10.1109/TNET.2002.801414.
#[derive(Clone, Debug)]
pub struct SampledLru {
    last_used: Vec<u64>,
    /// Counts uses.
    clock: u64,
    samples: u32,
    rng: Rng,
}

impl SampledLru {
    /// For this many entries, of which `samples` are looked at for each eviction.
    ///
    /// # Panics
    ///
    /// When one of them is 0.
    pub fn new(capacity: usize, samples: u32) -> Self {
        assert!(samples > 0, "one entry at least must be looked at");
        Self { last_used: vec![0; checked(capacity)], clock: 0, samples, rng: Rng::new(5) }
    }

    fn touch(&mut self, slot: u32) {
        self.clock += 1;
        self.last_used[slot as usize] = self.clock;
    }
}

impl EvictionPolicy for SampledLru {
    fn name(&self) -> &'static str {
        "sampled LRU"
    }

    fn capacity(&self) -> usize {
        self.last_used.len()
    }

    #[inline]
    fn on_hit(&mut self, slot: u32, _: u64) {
        self.touch(slot);
    }

    fn on_insert(&mut self, slot: u32, _: u64) {
        self.touch(slot);
    }

    fn evict(&mut self, _: &[u64]) -> u32 {
        let mut oldest = self.rng.index(self.last_used.len());
        for _ in 1..self.samples {
            let other = self.rng.index(self.last_used.len());
            if self.last_used[other] < self.last_used[oldest] {
                oldest = other;
            }
        }
        oldest as u32
    }

    fn on_remove(&mut self, _: u32) {}
}
