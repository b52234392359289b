//! Caches behind caches: a small fast one, a large slower one, and the store.

use std::time::Duration;

use super::{Cache, Eviction, EvictionPolicy};
use crate::interrupt::checkpoint;

/// Caches that are asked one after the other; a value found in one is stored in all before it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::cache::{Eviction, Levels, trace};
///
/// let result = Levels::new(Duration::from_millis(20))
///     .level("in the process", Eviction::Lru, 100, Duration::from_micros(1))
///     .level("Redis", Eviction::Lru, 10_000, Duration::from_micros(500))
///     .run(&trace::zipf(100_000, 0.9, 50_000, 4));
/// assert_eq!(result.hits.len(), 2);
/// ```
pub struct Levels {
    levels: Vec<Level>,
    store: Duration,
}

struct Level {
    name: String,
    cache: Cache<u64, (), Box<dyn EvictionPolicy + Send>>,
    latency: Duration,
}

/// What came of a trace.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelsResult {
    /// Name of each level, and the share of all requests that it answered.
    pub hits: Vec<(String, f64)>,
    /// The share of all requests that went to the store.
    pub store: f64,
    /// The mean time of a request.
    pub mean_latency: Duration,
}

impl Levels {
    /// No cache yet before a store that takes this long.
    pub fn new(store: Duration) -> Self {
        Self { levels: Vec::new(), store }
    }

    /// One more cache behind those there are: it takes `latency` to ask it.
    ///
    /// # Panics
    ///
    /// When the capacity is 0.
    #[must_use]
    pub fn level(
        mut self,
        name: impl Into<String>,
        eviction: Eviction,
        capacity: usize,
        latency: Duration,
    ) -> Self {
        let cache = Cache::new(eviction.policy(capacity));
        self.levels.push(Level { name: name.into(), cache, latency });
        self
    }

    /// Sends the requests. The first tenth warms the caches up and is not counted.
    pub fn run(mut self, trace: &[u64]) -> LevelsResult {
        let mut answered = vec![0u64; self.levels.len() + 1];
        let mut latency = Duration::ZERO;
        let warm_up = trace.len() / 10;
        for (number, key) in trace.iter().enumerate() {
            checkpoint();
            let found = self.levels.iter_mut().position(|level| level.cache.get(key).is_some());
            let depth = found.unwrap_or(self.levels.len());
            for level in &mut self.levels[..depth] {
                level.cache.put(*key, ());
            }
            if number >= warm_up {
                answered[depth] += 1;
                latency += self.levels.iter().take(depth + 1).map(|level| level.latency).sum::<Duration>();
                latency += if found.is_none() { self.store } else { Duration::ZERO };
            }
        }
        let requests = (trace.len() - warm_up).max(1);
        let share = |count: u64| count as f64 / requests as f64;
        LevelsResult {
            hits: self
                .levels
                .into_iter()
                .zip(&answered)
                .map(|(level, &hits)| (level.name, share(hits)))
                .collect(),
            store: answered.last().map_or(0.0, |&count| share(count)),
            mean_latency: latency / requests as u32,
        }
    }
}

impl std::fmt::Debug for Levels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.levels.iter().map(|level| &level.name)).finish()
    }
}
