//! Values that expire.

use std::borrow::Borrow;
use std::hash::Hash;
use std::time::Duration;

use super::{Cache, EvictionPolicy, Lru};
use crate::interrupt::checkpoint;
use crate::rng::Rng;

/// What restarts the time to live of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Nothing: it expires a fixed time after it was stored, so no value is ever older.
    Fixed,
    /// Each hit: a popular entry may live, and be stale, for ever.
    Sliding,
}

/// A [`Cache`] whose entries expire.
///
/// An expired entry takes its place until it is asked for, or evicted; asking for it is a miss.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::cache::{Lifetime, Lru, TtlCache};
///
/// let second = Duration::from_secs(1);
/// let mut cache = TtlCache::new(Lru::new(10), Lifetime::Fixed);
/// cache.put(Duration::ZERO, "price", 42, 10 * second);
/// assert_eq!(cache.get(9 * second, "price"), Some(&42));
/// assert_eq!(cache.get(10 * second, "price"), None);
/// ```
#[derive(Clone, Debug)]
pub struct TtlCache<K, V, P = Lru> {
    cache: Cache<K, Entry<V>, P>,
    lifetime: Lifetime,
}

#[derive(Clone, Debug)]
struct Entry<V> {
    value: V,
    expires: Duration,
    ttl: Duration,
}

impl<K: Hash + Eq, V, P: EvictionPolicy> TtlCache<K, V, P> {
    /// An empty cache with the capacity of its policy.
    pub fn new(policy: P, lifetime: Lifetime) -> Self {
        Self { cache: Cache::new(policy), lifetime }
    }

    /// The value of a key, if it has not expired at the time `now`.
    pub fn get<Q: Hash + Eq + ?Sized>(&mut self, now: Duration, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        if self.cache.peek(key)?.expires <= now {
            self.cache.remove(key);
            return None;
        }
        if self.lifetime == Lifetime::Sliding {
            let entry = self.cache.get_mut(key)?;
            entry.expires = now + entry.ttl;
            return Some(&entry.value);
        }
        self.cache.get(key).map(|entry| &entry.value)
    }

    /// Stores a value for the time `ttl` from `now`.
    pub fn put(&mut self, now: Duration, key: K, value: V, ttl: Duration) {
        self.cache.put(key, Entry { value, expires: now + ttl, ttl });
    }

    /// Takes a key out.
    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.cache.remove(key).map(|entry| entry.value)
    }

    /// How many entries take up room, expired ones included.
    pub fn len(&self) -> usize {
        self.cache.len()
    }

    /// True when no entry takes up room.
    pub fn is_empty(&self) -> bool {
        self.cache.is_empty()
    }
}

impl<K: Hash + Eq, V, P: EvictionPolicy> TtlCache<K, Option<V>, P> {
    /// The value of a key, from `load` if need be. That there is none is remembered too, for the time `absent`
    /// (negative caching): otherwise each request for a key that does not exist goes on to the store.
    pub fn get_or_load(
        &mut self,
        now: Duration,
        key: K,
        (found, absent): (Duration, Duration),
        load: impl FnOnce(&K) -> Option<V>,
    ) -> Option<V>
    where
        V: Clone,
    {
        if let Some(known) = self.get(now, &key) {
            return known.clone();
        }
        let value = load(&key);
        let ttl = if value.is_some() { found } else { absent };
        self.put(now, key, value.clone(), ttl);
        value
    }
}

/// A time to live changed at random by up to `share` of it, longer or shorter (0.1 is 10%), so that entries which
/// were stored together do not expire together.
///
/// # Panics
///
/// When the share is not from 0 to 1.
pub fn jitter(ttl: Duration, share: f64, rng: &mut Rng) -> Duration {
    assert!((0.0..=1.0).contains(&share), "a jitter is from 0 to 1, not {share}");
    ttl.mul_f64(1.0 + share * (2.0 * rng.next_f64() - 1.0))
}

/// The share of requests that find one key, which is asked for `rate` times a second at random moments and stored
/// again after each miss; as [`theory::fixed_ttl`](super::theory::fixed_ttl) and
/// [`theory::sliding_ttl`](super::theory::sliding_ttl) say.
///
/// # Panics
///
/// When the rate is not above 0.
pub fn simulate_ttl(lifetime: Lifetime, rate: f64, ttl: Duration, requests: u32, seed: u64) -> f64 {
    assert!(rate > 0.0, "a rate of requests is above 0, not {rate}");
    let mut cache = TtlCache::new(Lru::new(1), lifetime);
    let (mut rng, mut now, mut hits) = (Rng::new(seed), Duration::ZERO, 0u32);
    for _ in 0..requests {
        checkpoint();
        now += Duration::from_secs_f64(rng.exponential(1.0 / rate));
        if cache.get(now, "key").is_some() {
            hits += 1;
        } else {
            cache.put(now, "key", (), ttl);
        }
    }
    f64::from(hits) / f64::from(requests.max(1))
}
