//! Each policy written down as its paper says it, with lists that are searched from end to end.

use std::collections::{BTreeSet, VecDeque};

use proptest::prelude::*;

use super::super::*;

/// A cache of keys that does one request and says whether it hit.
trait Twin {
    fn request(&mut self, key: u64) -> bool;
}

/// FIFO, or LRU when hits move.
struct Queue {
    capacity: usize,
    moves: bool,
    keys: VecDeque<u64>,
}

impl Twin for Queue {
    fn request(&mut self, key: u64) -> bool {
        let place = self.keys.iter().position(|other| *other == key);
        if let Some(place) = place.filter(|_| self.moves) {
            self.keys.remove(place);
            self.keys.push_front(key);
        }
        if place.is_none() {
            if self.keys.len() == self.capacity {
                self.keys.pop_back();
            }
            self.keys.push_front(key);
        }
        place.is_some()
    }
}

/// Key, count, time of last use.
struct Counted {
    capacity: usize,
    entries: Vec<(u64, u64, usize)>,
    now: usize,
}

impl Twin for Counted {
    fn request(&mut self, key: u64) -> bool {
        self.now += 1;
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.0 == key) {
            *entry = (key, entry.1 + 1, self.now);
            return true;
        }
        if self.entries.len() == self.capacity {
            let victim = (0..self.capacity).min_by_key(|&i| (self.entries[i].1, self.entries[i].2));
            self.entries.remove(victim.expect("it is full"));
        }
        self.entries.push((key, 1, self.now));
        false
    }
}

/// CLOCK as a queue in which what was asked for goes round again.
struct SecondChance {
    capacity: usize,
    queue: VecDeque<(u64, bool)>,
}

impl Twin for SecondChance {
    fn request(&mut self, key: u64) -> bool {
        if let Some(entry) = self.queue.iter_mut().find(|entry| entry.0 == key) {
            entry.1 = true;
            return true;
        }
        while self.queue.len() == self.capacity {
            let (key, asked_for) = self.queue.pop_back().expect("it is full");
            if asked_for {
                self.queue.push_front((key, false));
            }
        }
        self.queue.push_front((key, false));
        false
    }
}

/// Algorithm 1 of the SIEVE paper. Index 0 is the tail, and the hand an index.
struct SievePaper {
    capacity: usize,
    queue: Vec<(u64, bool)>,
    hand: Option<usize>,
}

impl Twin for SievePaper {
    fn request(&mut self, key: u64) -> bool {
        if let Some(entry) = self.queue.iter_mut().find(|entry| entry.0 == key) {
            entry.1 = true;
            return true;
        }
        if self.queue.len() == self.capacity {
            let mut object = self.hand.unwrap_or(0);
            while self.queue[object].1 {
                self.queue[object].1 = false;
                object = if object + 1 == self.queue.len() { 0 } else { object + 1 };
            }
            self.queue.remove(object);
            self.hand = (object < self.queue.len()).then_some(object);
        }
        self.queue.push((key, false));
        false
    }
}

/// Algorithm 1 of the S3-FIFO paper, with the ghost as a queue of keys.
struct S3Paper {
    capacity: usize,
    small: VecDeque<(u64, u8)>,
    main: VecDeque<(u64, u8)>,
    ghost: VecDeque<u64>,
}

impl S3Paper {
    fn main_capacity(&self) -> usize {
        self.capacity - (self.capacity / 10).max(1)
    }

    fn evict(&mut self) {
        while self.main.len() <= self.main_capacity() {
            match self.small.pop_back() {
                Some((key, count)) if count > 1 => self.main.push_front((key, 0)),
                Some((key, _)) => {
                    self.ghost.push_front(key);
                    self.ghost.truncate(self.main_capacity().max(1));
                    return;
                }
                None => break,
            }
        }
        while let Some((key, count)) = self.main.pop_back().filter(|entry| entry.1 > 0) {
            self.main.push_front((key, count - 1));
        }
    }
}

impl Twin for S3Paper {
    fn request(&mut self, key: u64) -> bool {
        if let Some(entry) = self.small.iter_mut().chain(&mut self.main).find(|entry| entry.0 == key) {
            entry.1 = (entry.1 + 1).min(3);
            return true;
        }
        if self.small.len() + self.main.len() == self.capacity {
            self.evict();
        }
        if let Some(place) = self.ghost.iter().position(|other| *other == key) {
            // Its place stays taken until it would have left, as in a ring.
            self.ghost[place] = u64::MAX;
            self.main.push_front((key, 0));
        } else {
            self.small.push_front((key, 0));
        }
        false
    }
}

fn twin(eviction: Eviction, capacity: usize) -> Option<Box<dyn Twin>> {
    let queue = |moves| Box::new(Queue { capacity, moves, keys: VecDeque::new() });
    Some(match eviction {
        Eviction::Fifo => queue(false),
        Eviction::Lru => queue(true),
        Eviction::Lfu => Box::new(Counted { capacity, entries: Vec::new(), now: 0 }),
        Eviction::Clock => Box::new(SecondChance { capacity, queue: VecDeque::new() }),
        Eviction::Sieve => Box::new(SievePaper { capacity, queue: Vec::new(), hand: None }),
        Eviction::S3Fifo => Box::new(S3Paper {
            capacity,
            small: VecDeque::new(),
            main: VecDeque::new(),
            ghost: VecDeque::new(),
        }),
        // One is random, the other counts in sketches: see what holds for all policies, and theory.
        Eviction::SampledLru | Eviction::WTinyLfu => return None,
    })
}

proptest! {
    #[test]
    fn each_policy_does_what_its_paper_says(capacity in 1usize..16, trace in prop::collection::vec(0u64..30, 0..400)) {
        for eviction in Eviction::ALL {
            let Some(mut twin) = twin(eviction, capacity) else { continue };
            let expected: Vec<bool> = trace.iter().map(|key| twin.request(*key)).collect();
            prop_assert_eq!(eviction.replay(capacity, &trace), expected, "{} of {}", eviction.name(), capacity);
        }
    }

    /// With one sample it is random, with very many it looks at every entry.
    #[test]
    fn all_samples_are_lru(capacity in 1usize..6, trace in prop::collection::vec(0u64..12, 0..100)) {
        let sampled = eviction::replay(Cache::new(SampledLru::new(capacity, 200)), &trace);
        prop_assert_eq!(sampled, Eviction::Lru.replay(capacity, &trace));
    }

    /// A popular key is never the victim of keys that come once.
    #[test]
    fn w_tiny_lfu_keeps_what_is_asked_for_often(capacity in 3usize..50) {
        let mut cache: Cache<u64, (), _> = Cache::new(WTinyLfu::new(capacity));
        let request = |cache: &mut Cache<u64, (), _>, key| if cache.get(&key).is_none() { cache.put(key, ()); };
        for round in 0..5 {
            request(&mut cache, 7);
            request(&mut cache, 1_000 + round);
        }
        for once in 0..3 * capacity as u64 {
            request(&mut cache, 10_000 + once);
            prop_assert!(cache.contains(&7));
        }
    }
}

#[test]
fn text_keys_of_any_kind() {
    let mut cache: Cache<String, u32> = Cache::new(Lru::new(3));
    for (number, name) in ["ada", "alan", "edsger", "ada", "grace"].into_iter().enumerate() {
        cache.put(name.to_owned(), number as u32);
    }
    let stored: BTreeSet<&str> = cache.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(stored, BTreeSet::from(["ada", "edsger", "grace"]));
    assert_eq!(cache.get("ada"), Some(&3));
}
