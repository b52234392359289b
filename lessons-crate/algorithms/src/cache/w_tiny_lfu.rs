//! W-TinyLFU: a newcomer must be more popular than the one it would replace.

use super::EvictionPolicy;
use super::list::{Links, List};
use super::policy::checked;
use crate::sketch::{BloomFilter, CountMin};

/// Counters stop here, so that no key is remembered for long after its time.
const COUNT_MAX: u64 = 15;
/// Counts are halved after this many requests per entry of the cache.
const SAMPLE: usize = 10;

/// Lets popularity decide who stays, and counts the popularity of all keys in a sketch.
///
/// A hundredth of the cache is a window, an LRU through which every new entry passes. Who falls out of it competes
/// with the one that the main part would evict: the one whose key was asked for more often lately stays. How often
/// is known, roughly, for *all* keys, from a count-min sketch that is halved from time to time, with a Bloom filter
/// (the doorkeeper) before it for the many keys that come once. The main part is an LRU in two segments: four fifths
/// are protected, for entries that were asked for again.
///
/// # Complexity
///
/// O(1), amortized over the halving. 9 bytes per entry for the lists and about 70 for the sketch, whose counters have
/// 64 bits here where 4 would do.
///
/// # Sources
///
/// G. Einziger, R. Friedman, B. Manes, "TinyLFU: A Highly Efficient Cache Admission Policy", ACM Transactions on
/// Storage 13(4), 2017, doi:10.1145/3149371.
#[derive(Clone, Debug)]
pub struct WTinyLfu {
    links: Links,
    window: List,
    probation: List,
    protected: List,
    place: Vec<Place>,
    frequencies: Frequencies,
    window_capacity: usize,
    protected_capacity: usize,
}

/// In which list an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Window,
    Probation,
    Protected,
}

impl WTinyLfu {
    /// For this many entries, a hundredth of them (at least one) in the window.
    ///
    /// # Panics
    ///
    /// When there are none.
    pub fn new(capacity: usize) -> Self {
        Self::with_window(capacity, (checked(capacity) / 100).max(1))
    }

    /// With this many entries in the window: more of them for traffic in which what came last counts most.
    ///
    /// # Panics
    ///
    /// When the window is empty or larger than the cache.
    pub fn with_window(capacity: usize, window: usize) -> Self {
        assert!(
            (1..=capacity).contains(&window),
            "the window has from 1 to {capacity} entries, not {window}"
        );
        Self {
            links: Links::new(capacity),
            window: List::new(),
            probation: List::new(),
            protected: List::new(),
            place: vec![Place::Window; capacity],
            frequencies: Frequencies::new(capacity),
            window_capacity: window,
            protected_capacity: (capacity - window) * 4 / 5,
        }
    }

    fn list(&mut self, place: Place) -> &mut List {
        match place {
            Place::Window => &mut self.window,
            Place::Probation => &mut self.probation,
            Place::Protected => &mut self.protected,
        }
    }

    fn enter(&mut self, slot: u32, place: Place) {
        self.place[slot as usize] = place;
        match place {
            Place::Window => self.window.push_front(&mut self.links, slot),
            Place::Probation => self.probation.push_front(&mut self.links, slot),
            Place::Protected => self.protected.push_front(&mut self.links, slot),
        }
    }
}

impl EvictionPolicy for WTinyLfu {
    fn name(&self) -> &'static str {
        "W-TinyLFU"
    }

    fn capacity(&self) -> usize {
        self.place.len()
    }

    fn on_hit(&mut self, slot: u32, hash: u64) {
        self.frequencies.add(hash);
        match self.place[slot as usize] {
            Place::Window => self.window.move_to_front(&mut self.links, slot),
            Place::Protected => self.protected.move_to_front(&mut self.links, slot),
            Place::Probation => {
                self.probation.remove(&mut self.links, slot);
                self.enter(slot, Place::Protected);
                if self.protected.len() > self.protected_capacity {
                    let demoted = self.protected.pop_back(&mut self.links);
                    self.enter(demoted, Place::Probation);
                }
            }
        }
    }

    fn on_insert(&mut self, slot: u32, hash: u64) {
        self.frequencies.add(hash);
        self.enter(slot, Place::Window);
        // While the cache fills up nobody competes.
        if self.window.len() > self.window_capacity {
            let oldest = self.window.pop_back(&mut self.links);
            self.enter(oldest, Place::Probation);
        }
    }

    fn evict(&mut self, hashes: &[u64]) -> u32 {
        // The window gives one up, even if the newcomer would still fit: it is about to be full.
        let from_window = self.window.len() >= self.window_capacity;
        let main = if self.probation.len() > 0 { Place::Probation } else { Place::Protected };
        if !from_window {
            let links = &mut self.links;
            return if main == Place::Probation {
                self.probation.pop_back(links)
            } else {
                self.protected.pop_back(links)
            };
        }
        let candidate = self.window.pop_back(&mut self.links);
        if self.list(main).len() == 0 {
            return candidate;
        }
        let victim = self.list(main).back();
        let [newcomer, resident] =
            [candidate, victim].map(|slot| self.frequencies.estimate(hashes[slot as usize]));
        if newcomer <= resident {
            return candidate;
        }
        self.on_remove(victim);
        self.enter(candidate, Place::Probation);
        victim
    }

    fn on_remove(&mut self, slot: u32) {
        let links = &mut self.links;
        match self.place[slot as usize] {
            Place::Window => self.window.remove(links, slot),
            Place::Probation => self.probation.remove(links, slot),
            Place::Protected => self.protected.remove(links, slot),
        }
    }
}

/// How often each key of any was asked for lately, roughly.
#[derive(Clone, Debug)]
struct Frequencies {
    /// Keys that came once since the last halving.
    doorkeeper: BloomFilter,
    counts: CountMin,
    /// Requests until the next halving.
    remaining: usize,
    sample: usize,
}

impl Frequencies {
    fn new(capacity: usize) -> Self {
        let sample = SAMPLE * capacity;
        let width = (2 * capacity).next_power_of_two().max(64) as u64;
        Self {
            doorkeeper: BloomFilter::with_capacity(sample as u64, 0.03).expect("a capacity is a valid size"),
            counts: CountMin::with_size(width, 4).expect("a capacity is a valid size"),
            remaining: sample,
            sample,
        }
    }

    fn add(&mut self, hash: u64) {
        if !self.doorkeeper.may_contain(hash) {
            self.doorkeeper.insert(hash);
        } else if self.counts.estimate(hash) < COUNT_MAX {
            self.counts.add(hash, 1);
        }
        self.remaining -= 1;
        if self.remaining == 0 {
            self.remaining = self.sample;
            self.counts.halve();
            self.doorkeeper.clear();
        }
    }

    fn estimate(&self, hash: u64) -> u64 {
        u64::from(self.doorkeeper.may_contain(hash)) + self.counts.estimate(hash)
    }
}
