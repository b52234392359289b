//! A filter at the door of a cache: who is admitted only on the second visit.

use std::collections::BTreeMap;

use super::{BloomFilter, FilterError};
use crate::dist::Zipf;
use crate::interrupt;
use crate::rng::Rng;

/// Remembers, roughly, which keys were seen lately.
///
/// Two Bloom filters take turns: new keys go into the current one, and when that is full, the older one is
/// emptied and becomes the current. So the memory is bounded, and a key is remembered for between one and two
/// generations.
///
/// # Complexity
///
/// `seen_before` is O(k); once per generation it clears a filter, O(m). Memory is that of two filters of
/// `generation` keys.
///
/// # Sources
///
/// B. M. Maggs, R. K. Sitaraman, "Algorithmic Nuggets in Content Delivery", ACM SIGCOMM Computer
/// Communication Review 45(3), 2015, doi:10.1145/2805789.2805800 (section 5: a content delivery network
/// stores an object only when it is asked for a second time).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doorkeeper {
    current: BloomFilter,
    previous: BloomFilter,
    /// Keys that one filter takes.
    generation: u64,
    /// Keys that the current one can still take.
    room: u64,
}

impl Doorkeeper {
    /// Remembers at least the last `generation` different keys; `rate` is that of each of the two filters
    /// (0.01 is 1%).
    ///
    /// # Errors
    ///
    /// As [`BloomFilter::with_capacity`].
    pub fn new(generation: u64, rate: f64) -> Result<Self, FilterError> {
        let filter = BloomFilter::with_capacity(generation, rate)?;
        Ok(Self { current: filter.clone(), previous: filter, generation, room: generation })
    }

    /// Whether the key was seen lately (or is a false positive); it is now.
    pub fn seen_before(&mut self, key: u64) -> bool {
        if self.current.may_contain(key) {
            return true;
        }
        if self.room == 0 {
            std::mem::swap(&mut self.current, &mut self.previous);
            self.current.clear();
            self.room = self.generation;
        }
        self.room -= 1;
        self.current.insert(key);
        self.previous.may_contain(key)
    }

    /// The memory of both filters, in bits.
    pub fn size_bits(&self) -> u64 {
        self.current.size_bits() + self.previous.size_bits()
    }
}

/// Which missed keys a cache stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Every one.
    Always,
    /// Those that a [`Doorkeeper`] of this generation saw before.
    SecondRequest {
        /// Keys per filter.
        generation: u64,
    },
}

/// What came of [`simulate_admission`]; both are shares of all requests, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdmissionResult {
    /// Requests answered from the cache.
    pub hit_ratio: f64,
    /// Objects written into the cache per request.
    pub writes_per_request: f64,
}

/// Sends `requests` requests for keys of a [`Zipf`] law to a cache of `capacity` objects that evicts the least
/// recently used. O(requests log capacity).
///
/// # Errors
///
/// When the generation of the doorkeeper is not a valid capacity of a filter.
///
/// # Panics
///
/// When there are no keys.
pub fn simulate_admission(
    admission: Admission,
    capacity: usize,
    keys: usize,
    alpha: f64,
    requests: u64,
    seed: u64,
) -> Result<AdmissionResult, FilterError> {
    let zipf = Zipf::new(keys, alpha);
    let mut rng = Rng::new(seed);
    let mut doorkeeper = match admission {
        Admission::Always => None,
        Admission::SecondRequest { generation } => Some(Doorkeeper::new(generation, 0.01)?),
    };
    let mut cache = LeastRecentlyUsed::new(capacity, keys);
    let (mut hits, mut writes) = (0u64, 0u64);
    for now in 1..=requests {
        interrupt::checkpoint();
        let key = zipf.sample(&mut rng);
        if cache.touch(key, now) {
            hits += 1;
        } else if doorkeeper.as_mut().is_none_or(|door| door.seen_before(key as u64)) {
            cache.store(key, now);
            writes += 1;
        }
    }
    let share = |count: u64| count as f64 / requests as f64;
    Ok(AdmissionResult { hit_ratio: share(hits), writes_per_request: share(writes) })
}

/// Just enough of a cache to count its hits.
struct LeastRecentlyUsed {
    capacity: usize,
    /// When each key was last used; 0 when it is not stored.
    used: Vec<u64>,
    /// The stored keys by that time, the oldest first.
    by_age: BTreeMap<u64, usize>,
}

impl LeastRecentlyUsed {
    fn new(capacity: usize, keys: usize) -> Self {
        Self { capacity, used: vec![0; keys], by_age: BTreeMap::new() }
    }

    /// Whether the key is stored; if so it is now the youngest.
    fn touch(&mut self, key: usize, now: u64) -> bool {
        if self.used[key] == 0 {
            return false;
        }
        self.by_age.remove(&self.used[key]);
        self.by_age.insert(now, key);
        self.used[key] = now;
        true
    }

    fn store(&mut self, key: usize, now: u64) {
        if self.by_age.len() == self.capacity
            && let Some((_, oldest)) = self.by_age.pop_first()
        {
            self.used[oldest] = 0;
        }
        self.by_age.insert(now, key);
        self.used[key] = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doorkeeper_remembers_and_forgets() {
        let mut door = Doorkeeper::new(100, 0.000_1).unwrap();
        assert!(!door.seen_before(1));
        assert!(door.seen_before(1));
        // One generation later it is remembered, two later it is not.
        (1_000..1_100).for_each(|key| assert!(!door.seen_before(key)));
        assert!(door.seen_before(1));
        (2_000..2_300).for_each(|key| assert!(!door.seen_before(key)));
        assert!(!door.seen_before(1));
    }

    #[test]
    fn admitting_on_the_second_request_writes_less_and_hits_more() {
        let run = |admission| simulate_admission(admission, 1_000, 100_000, 0.8, 300_000, 42).unwrap();
        let always = run(Admission::Always);
        let second = run(Admission::SecondRequest { generation: 2_000 });
        assert!((always.hit_ratio - 0.204).abs() < 0.01, "{always:?}");
        assert!((always.hit_ratio + always.writes_per_request - 1.0).abs() < 1e-9);
        assert!(second.writes_per_request < 0.1, "{second:?}");
        assert!(second.hit_ratio > 0.28, "{second:?}");
    }
}
