//! One at a time for each key; the others wait for its result.

use std::collections::BTreeMap;

/// Who loads a missing value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// This one: it must call [`SingleFlight::finish`] whatever comes of it.
    Leader,
    /// Another one does: wait for its result.
    Follower,
}

/// Coalesces requests for the same key while its value is being loaded.
///
/// A state machine: it neither waits nor loads, so it serves threads, tasks and simulations alike. `W` is what is
/// needed to answer who waits, such as the sender of a channel.
///
/// # Complexity
///
/// O(log n) for n keys being loaded; it keeps nothing of a key afterwards.
///
/// # Examples
///
/// ```
/// use lessons::cache::{Role, SingleFlight};
///
/// let mut flights = SingleFlight::default();
/// assert_eq!(flights.join("user:7", "request 1"), Role::Leader);
/// assert_eq!(flights.join("user:7", "request 2"), Role::Follower);
/// assert_eq!(flights.finish(&"user:7"), ["request 1", "request 2"]);
/// assert_eq!(flights.join("user:7", "request 3"), Role::Leader);
/// ```
///
/// # Sources
///
/// The Go project, package golang.org/x/sync/singleflight, 2013.
#[derive(Clone, Debug)]
pub struct SingleFlight<K, W> {
    waiting: BTreeMap<K, Vec<W>>,
}

impl<K: Ord, W> SingleFlight<K, W> {
    /// Takes part in loading a key.
    pub fn join(&mut self, key: K, waiter: W) -> Role {
        let waiting = self.waiting.entry(key).or_default();
        waiting.push(waiter);
        if waiting.len() == 1 { Role::Leader } else { Role::Follower }
    }

    /// The load ended, well or not: gives everyone who must be told, the leader first. The next request for the key
    /// loads anew, so store a good value before.
    pub fn finish(&mut self, key: &K) -> Vec<W> {
        self.waiting.remove(key).unwrap_or_default()
    }

    /// How many keys are being loaded.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// True when no key is being loaded.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

impl<K, W> Default for SingleFlight<K, W> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new() }
    }
}
