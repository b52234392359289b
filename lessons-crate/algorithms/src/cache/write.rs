//! When a write reaches the store, and what that costs: store writes, stale reads, lost writes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Cache, Lru};
use crate::dist::Zipf;
use crate::interrupt::checkpoint;
use crate::rng::Rng;

/// What a write does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WritePolicy {
    /// Cache-aside, or lazy loading: write the store, delete the key from the cache; the next read loads it.
    CacheAside,
    /// Write the store and the cache, and only then say that it is done.
    WriteThrough,
    /// Write the cache only; the store gets the value when its entry is evicted, or with the next flush.
    WriteBack,
    /// Write the store only; what the cache has of the key stays until it expires.
    WriteAround,
}

impl WritePolicy {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::CacheAside, Self::WriteThrough, Self::WriteBack, Self::WriteAround];

    /// Its name, for plots and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::CacheAside => "cache-aside",
            Self::WriteThrough => "write-through",
            Self::WriteBack => "write-back",
            Self::WriteAround => "write-around",
        }
    }
}

/// What happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteCounts {
    /// Reads.
    pub reads: u64,
    /// Reads answered from the cache.
    pub hits: u64,
    /// Writes.
    pub writes: u64,
    /// Reads of the store.
    pub store_reads: u64,
    /// Writes to the store.
    pub store_writes: u64,
    /// Reads that gave an older value than the newest one that was written.
    pub stale_reads: u64,
    /// Writes that were said to be done, and that a crash of the cache lost.
    pub lost_writes: u64,
}

/// A store with an LRU cache in front of it. Values are version numbers, so that an old one is known as old.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::cache::{CachedStore, WritePolicy};
///
/// let mut store = CachedStore::new(WritePolicy::WriteBack, 100, Duration::from_secs(60));
/// store.write(Duration::ZERO, 7);
/// store.crash(); // Before anything reached the store.
/// assert_eq!(store.counts().lost_writes, 1);
/// ```
#[derive(Clone, Debug)]
pub struct CachedStore {
    policy: WritePolicy,
    cache: Cache<u64, Copied>,
    ttl: Duration,
    store: BTreeMap<u64, u64>,
    /// The newest version of each key that was written.
    newest: BTreeMap<u64, u64>,
    /// Keys in the cache whose newest value is not in the store, and how many writes that were.
    dirty: BTreeMap<u64, u64>,
    counts: WriteCounts,
}

#[derive(Clone, Copy, Debug)]
struct Copied {
    version: u64,
    expires: Duration,
}

impl CachedStore {
    /// An empty store with an empty cache of this capacity, whose entries live for `ttl`.
    ///
    /// # Panics
    ///
    /// When the capacity is 0.
    pub fn new(policy: WritePolicy, capacity: usize, ttl: Duration) -> Self {
        Self {
            policy,
            cache: Cache::new(Lru::new(capacity)),
            ttl,
            store: BTreeMap::new(),
            newest: BTreeMap::new(),
            dirty: BTreeMap::new(),
            counts: WriteCounts::default(),
        }
    }

    /// Reads a key, and gives its version; 0 when it was never written.
    pub fn read(&mut self, now: Duration, key: u64) -> u64 {
        self.counts.reads += 1;
        // A value that is nowhere else does not expire.
        let usable = |copied: &Copied| copied.expires > now || self.dirty.contains_key(&key);
        let cached = self.cache.get(&key).copied().filter(usable);
        let version = match cached {
            Some(copied) => {
                self.counts.hits += 1;
                copied.version
            }
            None => {
                self.counts.store_reads += 1;
                let version = self.store.get(&key).copied().unwrap_or(0);
                self.fill(now, key, version);
                version
            }
        };
        let newest = self.newest.get(&key).copied().unwrap_or(0);
        self.counts.stale_reads += u64::from(version < newest);
        version
    }

    /// Writes the next version of a key.
    pub fn write(&mut self, now: Duration, key: u64) {
        self.counts.writes += 1;
        let newest = self.newest.entry(key).or_insert(0);
        *newest += 1;
        let version = *newest;
        match self.policy {
            WritePolicy::CacheAside => {
                self.write_store(key, version);
                self.cache.remove(&key);
            }
            WritePolicy::WriteThrough => {
                self.write_store(key, version);
                self.fill(now, key, version);
            }
            WritePolicy::WriteBack => {
                *self.dirty.entry(key).or_insert(0) += 1;
                self.fill(now, key, version);
            }
            WritePolicy::WriteAround => self.write_store(key, version),
        }
    }

    /// Another program writes the next version of a key to the store; this cache does not hear of it.
    pub fn write_elsewhere(&mut self, key: u64) {
        let newest = self.newest.entry(key).or_insert(0);
        *newest += 1;
        self.store.insert(key, *newest);
    }

    /// Writes everything that only the cache has to the store.
    pub fn flush(&mut self) {
        for key in std::mem::take(&mut self.dirty).into_keys() {
            if let Some(copied) = self.cache.peek(&key) {
                let version = copied.version;
                self.write_store(key, version);
            }
        }
    }

    /// The cache's machine dies, and an empty one takes its place.
    pub fn crash(&mut self) {
        self.cache = Cache::new(Lru::new(self.cache.capacity()));
        for (key, writes) in std::mem::take(&mut self.dirty) {
            self.counts.lost_writes += writes;
            // What is lost is no longer the newest that a reader could expect.
            self.newest.insert(key, self.store.get(&key).copied().unwrap_or(0));
        }
    }

    /// What happened so far.
    pub fn counts(&self) -> WriteCounts {
        self.counts
    }

    fn fill(&mut self, now: Duration, key: u64, version: u64) {
        let evicted = self.cache.put(key, Copied { version, expires: now + self.ttl });
        if let Some((key, copied)) = evicted
            && self.dirty.remove(&key).is_some()
        {
            self.write_store(key, copied.version);
        }
    }

    fn write_store(&mut self, key: u64, version: u64) {
        self.counts.store_writes += 1;
        self.store.insert(key, version);
    }
}

/// Traffic for [`CachedStore`]: 1,000 requests a second for [`Zipf`] popular keys.
#[derive(Clone, Debug, PartialEq)]
pub struct WriteWorkload {
    /// How many keys there are.
    pub keys: usize,
    /// The exponent of their popularity.
    pub alpha: f64,
    /// How many requests come.
    pub requests: u64,
    /// The share of writes, from 0 to 1.
    pub write_share: f64,
    /// How many entries the cache has room for.
    pub capacity: usize,
    /// How long its entries live.
    pub ttl: Duration,
    /// How often what only the cache has is written to the store; `None` for only when it is evicted.
    pub flush_every: Option<Duration>,
    /// The requests before which the cache's machine dies.
    pub crashes: BTreeSet<u64>,
    /// Another seed gives other requests.
    pub seed: u64,
}

impl Default for WriteWorkload {
    /// 100,000 requests, a tenth of them writes, for 10,000 keys, a cache for 1,000 of them for a minute, and one
    /// crash at half time.
    fn default() -> Self {
        Self {
            keys: 10_000,
            alpha: 0.9,
            requests: 100_000,
            write_share: 0.1,
            capacity: 1_000,
            ttl: Duration::from_secs(60),
            flush_every: None,
            crashes: BTreeSet::from([50_000]),
            seed: 4,
        }
    }
}

impl WriteWorkload {
    /// Sends the same requests to a store of this policy.
    ///
    /// # Panics
    ///
    /// When there are no keys or no capacity.
    pub fn run(&self, policy: WritePolicy) -> WriteCounts {
        let zipf = Zipf::new(self.keys, self.alpha);
        let mut rng = Rng::new(self.seed);
        let mut store = CachedStore::new(policy, self.capacity, self.ttl);
        let mut next_flush = self.flush_every.unwrap_or(Duration::MAX);
        for request in 0..self.requests {
            checkpoint();
            let now = Duration::from_millis(request);
            if self.crashes.contains(&request) {
                store.crash();
            }
            if now >= next_flush {
                store.flush();
                next_flush += self.flush_every.unwrap_or(Duration::MAX);
            }
            let key = zipf.sample(&mut rng) as u64;
            if rng.chance(self.write_share) {
                store.write(now, key);
            } else {
                store.read(now, key);
            }
        }
        store.counts()
    }
}
