//! S3-FIFO: three queues, the first of which is small.

use super::EvictionPolicy;
use super::list::{Links, List, NIL};
use super::policy::checked;

/// Counts of uses stop here, at two bits.
const COUNT_MAX: u8 = 3;
/// An entry must be asked for this often in the small queue to be kept.
const KEPT_AT: u8 = 2;

/// Gives a new entry a tenth of the cache to prove itself; most do not, and leave quickly.
///
/// New entries go into a small queue. At its end one that was asked for twice moves to the main queue, any other
/// leaves, and its hash is remembered in a third queue, the ghost. A key that the ghost remembers goes into the main
/// queue at once. The main queue is a FIFO in which an entry that was asked for goes round again, one count poorer.
///
/// Most keys of a web trace are asked for once within the time that a cache can keep them: those pass through the
/// tenth and do not disturb the rest.
///
/// # Complexity
///
/// O(1) for a hit, which raises a count and moves nothing; amortized O(1) for an eviction, because each entry that
/// goes round pays with a count. 10 bytes per entry, and 32 to 64 per ghost, of which there are as many as entries in
/// the main queue.
///
/// # Sources
///
/// J. Yang, Y. Zhang, Z. Qiu, Y. Yue, K. V. Rashmi, "FIFO Queues Are All You Need for Cache Eviction", SOSP 2023,
/// doi:10.1145/3600006.3613147.
#[derive(Clone, Debug)]
pub struct S3Fifo {
    links: Links,
    small: List,
    main: List,
    /// How often each entry was asked for, up to [`COUNT_MAX`].
    counts: Vec<u8>,
    in_main: Vec<bool>,
    ghost: Ghost,
    main_capacity: usize,
}

impl S3Fifo {
    /// For this many entries, a tenth of them (at least one) in the small queue.
    ///
    /// # Panics
    ///
    /// When there are none.
    pub fn new(capacity: usize) -> Self {
        let main_capacity = checked(capacity) - (capacity / 10).max(1);
        Self {
            links: Links::new(capacity),
            small: List::new(),
            main: List::new(),
            counts: vec![0; capacity],
            in_main: vec![false; capacity],
            ghost: Ghost::new(main_capacity.max(1)),
            main_capacity,
        }
    }

    fn push_main(&mut self, slot: u32) {
        self.in_main[slot as usize] = true;
        self.main.push_front(&mut self.links, slot);
    }

    fn evict_from_main(&mut self) -> u32 {
        loop {
            let slot = self.main.pop_back(&mut self.links);
            let count = &mut self.counts[slot as usize];
            if *count == 0 {
                return slot;
            }
            *count -= 1;
            self.main.push_front(&mut self.links, slot);
        }
    }
}

impl EvictionPolicy for S3Fifo {
    fn name(&self) -> &'static str {
        "S3-FIFO"
    }

    fn capacity(&self) -> usize {
        self.counts.len()
    }

    #[inline]
    fn on_hit(&mut self, slot: u32, _: u64) {
        let count = &mut self.counts[slot as usize];
        *count = (*count + 1).min(COUNT_MAX);
    }

    fn on_insert(&mut self, slot: u32, hash: u64) {
        self.counts[slot as usize] = 0;
        if self.ghost.forget(hash) {
            self.push_main(slot);
        } else {
            self.in_main[slot as usize] = false;
            self.small.push_front(&mut self.links, slot);
        }
    }

    fn evict(&mut self, hashes: &[u64]) -> u32 {
        // A main queue above its share pays for the entry; else the small one does, if any of it must leave.
        while self.main.len() <= self.main_capacity {
            let slot = self.small.pop_back(&mut self.links);
            if slot == NIL {
                break;
            }
            if self.counts[slot as usize] < KEPT_AT {
                self.ghost.remember(hashes[slot as usize]);
                return slot;
            }
            self.counts[slot as usize] = 0;
            self.push_main(slot);
        }
        self.evict_from_main()
    }

    fn on_remove(&mut self, slot: u32) {
        let queue = if self.in_main[slot as usize] { &mut self.main } else { &mut self.small };
        queue.remove(&mut self.links, slot);
    }
}

/// Places of a bucket: they fill a cache line of 64 bytes.
const BUCKET: usize = 8;

/// The hashes that left the small queue last, in buckets by hash.
///
/// Nothing is ever taken out for age: an entry knows when it came, and is forgotten when as many came after it as
/// are remembered. So both operations touch one cache line. With two live entries per bucket on average, fewer than
/// one in a thousand is overwritten too early.
#[derive(Clone, Debug)]
struct Ghost {
    /// 32 bits of a hash, and the lower 32 bits of the time at which it came.
    buckets: Vec<[(u32, u32); BUCKET]>,
    capacity: u32,
    /// Counts what came, with a start at which no empty place looks young.
    now: u32,
}

impl Ghost {
    fn new(capacity: usize) -> Self {
        let buckets = (capacity / 2).next_power_of_two().max(16);
        Self { buckets: vec![[(0, 0); BUCKET]; buckets], capacity: capacity as u32, now: capacity as u32 }
    }

    #[inline]
    fn bucket(&mut self, hash: u64) -> &mut [(u32, u32); BUCKET] {
        let mask = self.buckets.len() - 1;
        &mut self.buckets[hash as usize & mask]
    }

    fn remember(&mut self, hash: u64) {
        self.now = self.now.wrapping_add(1);
        let now = self.now;
        let bucket = self.bucket(hash);
        let age = |place: &(u32, u32)| now.wrapping_sub(place.1);
        let mut oldest = 0;
        for place in 1..BUCKET {
            if age(&bucket[place]) > age(&bucket[oldest]) {
                oldest = place;
            }
        }
        bucket[oldest] = ((hash >> 32) as u32, now);
    }

    /// Whether the hash was remembered; it no longer is.
    fn forget(&mut self, hash: u64) -> bool {
        let (tag, now, capacity) = ((hash >> 32) as u32, self.now, self.capacity);
        let bucket = self.bucket(hash);
        let young = |place: &&mut (u32, u32)| place.0 == tag && now.wrapping_sub(place.1) < capacity;
        match bucket.iter_mut().find(young) {
            Some(place) => {
                *place = (tag, now.wrapping_sub(capacity));
                true
            }
            None => false,
        }
    }
}
