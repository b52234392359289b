//! All policies by name, and how often each hits.

use super::{Cache, Clock, EvictionPolicy, Fifo, Lfu, Lru, S3Fifo, SampledLru, Sieve, WTinyLfu};
use crate::interrupt::checkpoint;

/// The policies by name, for experiments that compare them.
///
/// # Examples
///
/// ```
/// use lessons::cache::{Eviction, trace};
///
/// // A loop of one key more than the cache can hold.
/// let trace = trace::cycle(101, 10_000);
/// assert_eq!(Eviction::Lru.hit_ratio(100, &trace), 0.0);
/// assert!(Eviction::WTinyLfu.hit_ratio(100, &trace) > 0.7);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Eviction {
    /// [`Fifo`].
    Fifo,
    /// [`Lru`].
    Lru,
    /// [`SampledLru`] with five samples, as in Redis.
    SampledLru,
    /// [`Clock`].
    Clock,
    /// [`Lfu`].
    Lfu,
    /// [`Sieve`].
    Sieve,
    /// [`S3Fifo`].
    S3Fifo,
    /// [`WTinyLfu`].
    WTinyLfu,
}

/// Calls a block with a new policy of the named type, so that its loop is compiled for that type.
macro_rules! with_policy {
    ($eviction:expr, $capacity:expr, $policy:ident => $body:expr) => {
        match $eviction {
            Eviction::Fifo => {
                let $policy = Fifo::new($capacity);
                $body
            }
            Eviction::Lru => {
                let $policy = Lru::new($capacity);
                $body
            }
            Eviction::SampledLru => {
                let $policy = SampledLru::new($capacity, 5);
                $body
            }
            Eviction::Clock => {
                let $policy = Clock::new($capacity);
                $body
            }
            Eviction::Lfu => {
                let $policy = Lfu::new($capacity);
                $body
            }
            Eviction::Sieve => {
                let $policy = Sieve::new($capacity);
                $body
            }
            Eviction::S3Fifo => {
                let $policy = S3Fifo::new($capacity);
                $body
            }
            Eviction::WTinyLfu => {
                let $policy = WTinyLfu::new($capacity);
                $body
            }
        }
    };
}

impl Eviction {
    /// All of them, the oldest first.
    pub const ALL: [Self; 8] = [
        Self::Fifo,
        Self::Lru,
        Self::SampledLru,
        Self::Clock,
        Self::Lfu,
        Self::Sieve,
        Self::S3Fifo,
        Self::WTinyLfu,
    ];

    /// The name of the algorithm, for plots and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fifo => "FIFO",
            Self::Lru => "LRU",
            Self::SampledLru => "sampled LRU",
            Self::Clock => "CLOCK",
            Self::Lfu => "LFU",
            Self::Sieve => "SIEVE",
            Self::S3Fifo => "S3-FIFO",
            Self::WTinyLfu => "W-TinyLFU",
        }
    }

    /// A policy for this many entries.
    ///
    /// # Panics
    ///
    /// When the capacity is 0 or above two billion.
    pub fn policy(self, capacity: usize) -> Box<dyn EvictionPolicy + Send> {
        with_policy!(self, capacity, policy => Box::new(policy))
    }

    /// For each request of the trace whether its key was in the cache. A key that was not is stored.
    ///
    /// # Panics
    ///
    /// When the capacity is 0 or above two billion.
    pub fn replay(self, capacity: usize, trace: &[u64]) -> Vec<bool> {
        with_policy!(self, capacity, policy => replay(Cache::new(policy), trace))
    }

    /// How many requests of the trace find their key in a cache that starts empty.
    ///
    /// # Panics
    ///
    /// When the capacity is 0 or above two billion.
    pub fn hits(self, capacity: usize, trace: &[u64]) -> usize {
        count(&self.replay(capacity, trace))
    }

    /// The share of requests that find their key, from 0 to 1. The first tenth of the trace warms the cache up and
    /// is not counted.
    ///
    /// # Panics
    ///
    /// When the capacity is 0 or above two billion.
    pub fn hit_ratio(self, capacity: usize, trace: &[u64]) -> f64 {
        warm_ratio(&self.replay(capacity, trace))
    }
}

/// For each request whether it was a hit.
pub(super) fn replay<P: EvictionPolicy>(mut cache: Cache<u64, (), P>, trace: &[u64]) -> Vec<bool> {
    let mut request = |&key: &u64| {
        checkpoint();
        let hit = cache.get(&key).is_some();
        if !hit {
            cache.put(key, ());
        }
        hit
    };
    trace.iter().map(&mut request).collect()
}

pub(super) fn count(hits: &[bool]) -> usize {
    hits.iter().filter(|hit| **hit).count()
}

/// How many requests warm the cache up: a tenth.
pub(super) fn warm_up(requests: usize) -> usize {
    requests / 10
}

/// The share of hits after the first tenth; 0 when there is no request.
pub(super) fn warm_ratio(hits: &[bool]) -> f64 {
    let measured = &hits[warm_up(hits.len())..];
    count(measured) as f64 / measured.len().max(1) as f64
}

/// The share of hits in each of `parts` equal parts of a replay, with the middle of the part in requests: how a
/// hit ratio changes over time.
///
/// # Panics
///
/// When `parts` is 0.
pub fn over_time(hits: &[bool], parts: usize) -> Vec<(f64, f64)> {
    assert!(parts > 0, "over time means in at least one part");
    let size = hits.len().div_ceil(parts).max(1);
    let middle = |part: usize, len: usize| part as f64 * size as f64 + len as f64 / 2.0;
    let chunks = hits.chunks(size).enumerate();
    chunks.map(|(part, of)| (middle(part, of.len()), count(of) as f64 / of.len() as f64)).collect()
}
