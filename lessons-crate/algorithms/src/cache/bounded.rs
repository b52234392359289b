//! The cache itself: keys, values, and room for so many of them.

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;

use super::index::{Index, hash_of};
use super::{EvictionPolicy, Lru};

/// Key to value, for at most `capacity` keys; what leaves when it is full is up to an [`EvictionPolicy`].
///
/// Each entry has a slot, a number below the capacity. The cache knows which key is in which slot, the policy
/// knows only slots. So one cache serves every policy, and a policy is a page of code.
///
/// # Complexity
///
/// `get`, `put` and `remove` are O(1) on average with every policy of this module. Memory is the entries, 24 to
/// 40 bytes each for the index and the hash, and what the policy keeps (0 to 50 bytes an entry), all taken at the
/// start.
///
/// # Examples
///
/// ```
/// use lessons::cache::{Cache, Lru};
///
/// let mut cache = Cache::new(Lru::new(2));
/// cache.put("ada", 1815);
/// cache.put("alan", 1912);
/// assert_eq!(cache.get("ada"), Some(&1815)); // Ada is now the one used last.
/// assert_eq!(cache.put("grace", 1906), Some(("alan", 1912)));
/// ```
#[derive(Clone)]
pub struct Cache<K, V, P = Lru> {
    policy: P,
    index: Index,
    entries: Vec<Option<(K, V)>>,
    /// The hash of the key in each slot.
    hashes: Vec<u64>,
    /// Slots without an entry, the next one last.
    free: Vec<u32>,
}

impl<K: Hash + Eq, V, P: EvictionPolicy> Cache<K, V, P> {
    /// An empty cache with the capacity of its policy.
    pub fn new(policy: P) -> Self {
        let capacity = policy.capacity();
        Self {
            index: Index::new(capacity),
            entries: (0..capacity).map(|_| None).collect(),
            hashes: vec![0; capacity],
            free: (0..capacity as u32).rev().collect(),
            policy,
        }
    }

    /// The value of a key, and the policy takes note that it was asked for.
    #[inline]
    pub fn get<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let hash = hash_of(key);
        let slot = self.find(key, hash)?;
        self.policy.on_hit(slot, hash);
        self.entries[slot as usize].as_ref().map(|(_, value)| value)
    }

    /// As [`get`](Self::get), with the right to change the value.
    pub fn get_mut<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let hash = hash_of(key);
        let slot = self.find(key, hash)?;
        self.policy.on_hit(slot, hash);
        self.entries[slot as usize].as_mut().map(|(_, value)| value)
    }

    /// The value of a key, without anyone taking note.
    pub fn peek<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let slot = self.find(key, hash_of(key))?;
        self.entries[slot as usize].as_ref().map(|(_, value)| value)
    }

    /// Stores a value, and gives back the entry that had to leave for it: none while there was room, or when the
    /// key was there (then its value is replaced, which counts as a use).
    #[inline]
    pub fn put(&mut self, key: K, value: V) -> Option<(K, V)> {
        let hash = hash_of(&key);
        if let Some(slot) = self.find(&key, hash) {
            self.policy.on_hit(slot, hash);
            self.entries[slot as usize] = Some((key, value));
            return None;
        }
        let (slot, evicted) = match self.free.pop() {
            Some(slot) => (slot, None),
            None => {
                let victim = self.policy.evict(&self.hashes);
                self.index.remove(self.hashes[victim as usize], victim);
                (victim, self.entries[victim as usize].take())
            }
        };
        self.entries[slot as usize] = Some((key, value));
        self.hashes[slot as usize] = hash;
        self.index.insert(hash, slot);
        self.policy.on_insert(slot, hash);
        evicted
    }

    /// Takes a key out: an invalidation.
    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let hash = hash_of(key);
        let slot = self.find(key, hash)?;
        self.index.remove(hash, slot);
        self.policy.on_remove(slot);
        self.free.push(slot);
        self.entries[slot as usize].take().map(|(_, value)| value)
    }

    /// Whether the key is stored, without anyone taking note.
    pub fn contains<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.find(key, hash_of(key)).is_some()
    }

    /// How many keys are stored.
    pub fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    /// True when no key is stored.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many keys there is room for.
    pub fn capacity(&self) -> usize {
        self.entries.len()
    }

    /// The stored keys and values, by slot: not in the order of age.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().flatten().map(|(key, value)| (key, value))
    }

    /// The policy.
    pub fn policy(&self) -> &P {
        &self.policy
    }

    #[inline]
    fn find<Q: Eq + ?Sized>(&self, key: &Q, hash: u64) -> Option<u32>
    where
        K: Borrow<Q>,
    {
        let entries = &self.entries;
        self.index.find(hash, |slot| {
            entries[slot as usize].as_ref().is_some_and(|(stored, _)| stored.borrow() == key)
        })
    }
}

impl<K: fmt::Debug, V: fmt::Debug, P> fmt::Debug for Cache<K, V, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.entries.iter().flatten().map(|(key, value)| (key, value))).finish()
    }
}
