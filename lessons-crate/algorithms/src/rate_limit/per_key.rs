//! A limiter for each client.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Decision, RateLimiter};

/// One limiter for each key (a client's address, an API key), made when the key is first seen, for at most
/// `capacity` keys. O(log keys) per decision.
///
/// When a new key comes and the table is full, the key that was longest unseen is forgotten. That does no harm
/// when its limiter was as good as new. Otherwise the key got its limit back too early, which
/// [`forgotten_early`](PerKey::forgotten_early) counts: an attacker with many keys can cause this, so the
/// capacity should be above the number of keys seen in the time that a limiter takes to recover.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::rate_limit::{Gcra, PerKey, Rate};
///
/// let mut clients = PerKey::new(10_000, || Gcra::new(Rate::per_second(1), 1));
/// assert!(clients.try_acquire("ann", Duration::ZERO, 1).allowed);
/// assert!(!clients.try_acquire("ann", Duration::ZERO, 1).allowed);
/// assert!(clients.try_acquire("bob", Duration::ZERO, 1).allowed);
/// ```
#[derive(Clone, Debug)]
pub struct PerKey<K, L, F> {
    make: F,
    capacity: usize,
    limiters: BTreeMap<K, Entry<L>>,
    /// The keys by when they were last seen, as numbers of decisions.
    by_age: BTreeMap<u64, K>,
    decisions: u64,
    forgotten_early: u64,
}

#[derive(Clone, Debug)]
struct Entry<L> {
    limiter: L,
    seen: u64,
}

impl<K: Ord + Clone, L: RateLimiter, F: Fn() -> L> PerKey<K, L, F> {
    /// An empty table for at most `capacity` keys, each with a limiter from `make`.
    ///
    /// # Panics
    ///
    /// When the capacity is 0.
    pub fn new(capacity: usize, make: F) -> Self {
        assert!(capacity > 0, "a table of limiters needs room for at least one");
        let (limiters, by_age) = (BTreeMap::new(), BTreeMap::new());
        Self { make, capacity, limiters, by_age, decisions: 0, forgotten_early: 0 }
    }

    /// Decides on a request of this key; see [`RateLimiter::try_acquire`].
    pub fn try_acquire(&mut self, key: K, now: Duration, cost: u32) -> Decision {
        self.decisions += 1;
        let seen = self.decisions;
        if let Some(entry) = self.limiters.get_mut(&key) {
            self.by_age.remove(&entry.seen);
            entry.seen = seen;
            self.by_age.insert(seen, key);
            return entry.limiter.try_acquire(now, cost);
        }
        if self.limiters.len() == self.capacity {
            self.forget_oldest(now);
        }
        let mut limiter = (self.make)();
        let decision = limiter.try_acquire(now, cost);
        self.by_age.insert(seen, key.clone());
        self.limiters.insert(key, Entry { limiter, seen });
        decision
    }

    fn forget_oldest(&mut self, now: Duration) {
        let oldest = self.by_age.pop_first().and_then(|(_, key)| self.limiters.remove(&key));
        if oldest.is_some_and(|entry| !entry.limiter.is_fresh(now)) {
            self.forgotten_early += 1;
        }
    }

    /// The number of keys that are remembered.
    pub fn len(&self) -> usize {
        self.limiters.len()
    }

    /// Whether no key was seen yet.
    pub fn is_empty(&self) -> bool {
        self.limiters.is_empty()
    }

    /// How many keys were forgotten although their limiter was not as good as new.
    pub fn forgotten_early(&self) -> u64 {
        self.forgotten_early
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::Zipf;
    use crate::rate_limit::{Gcra, Rate, TokenBucket};
    use crate::rng::Rng;

    #[test]
    fn with_room_for_all_it_is_one_limiter_per_key() {
        let make = || TokenBucket::new(Rate::per_second(2), 3);
        let mut table = PerKey::new(50, make);
        let mut naive: Vec<TokenBucket> = (0..50).map(|_| make()).collect();
        let (keys, mut rng) = (Zipf::new(50, 1.1), Rng::new(1));
        for i in 0..20_000 {
            let (key, now) = (keys.sample(&mut rng), Duration::from_millis(10 * i));
            assert_eq!(table.try_acquire(key, now, 1), naive[key].try_acquire(now, 1));
        }
        assert_eq!((table.len(), table.forgotten_early()), (50, 0));
    }

    #[test]
    fn memory_is_bounded_and_only_active_keys_count_as_forgotten_early() {
        let mut table = PerKey::new(100, || Gcra::new(Rate::per_second(10), 1));
        // A limiter recovers in 100 ms; 100 keys that come 1 ms apart are forgotten just after that.
        for i in 0..1_000u64 {
            assert!(table.try_acquire(i, Duration::from_millis(i), 1).allowed);
            assert!(table.len() <= 100);
        }
        assert_eq!(table.forgotten_early(), 0);
        // All at once, each new key pushes out one that has not recovered.
        for i in 0..500u64 {
            table.try_acquire(10_000 + i, Duration::from_secs(10), 1);
        }
        assert_eq!(table.forgotten_early(), 400);
    }
}
