//! Keys that are wanted at the same moment are asked for together.

use std::collections::{BTreeMap, BTreeSet};

/// What a loader did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoaderStats {
    /// Times that the source was asked.
    pub batches: u64,
    /// Keys that it was asked for.
    pub keys: u64,
    /// Keys that were wanted, the same ones again included.
    pub wanted: u64,
}

/// Gathers keys, asks for all of them at once, and remembers what came, for one request of one user.
///
/// In a program with futures, `load` waits for the end of the turn before the batch is sent; here the turn ends with
/// [`dispatch`](Self::dispatch). It must not outlive its request: what one user may see, the next may not.
///
/// # Complexity
///
/// O(log keys) for each key.
///
/// # Examples
///
/// ```
/// use lessons::graphql::Loader;
///
/// let mut loader: Loader<u32, &str, String> = Loader::default();
/// for id in [3, 1, 3, 2] {
///     loader.want(id);
/// }
/// // The source answers in any order, and leaves out what is not there.
/// loader.dispatch(|ids| {
///     assert_eq!(ids, [1, 2, 3]);
///     [(3, Ok("Cem")), (1, Ok("Ada"))].into()
/// });
/// assert_eq!(loader.get(&1), Some(&Ok(Some("Ada"))));
/// assert_eq!(loader.get(&2), Some(&Ok(None)));
/// assert_eq!(loader.get(&9), None, "nobody wanted it");
/// ```
///
/// # Sources
///
/// L. Byron, "DataLoader", graphql/dataloader, 2015.
#[derive(Clone, Debug)]
pub struct Loader<K, V, E> {
    pending: BTreeSet<K>,
    known: BTreeMap<K, Result<Option<V>, E>>,
    stats: LoaderStats,
}

impl<K, V, E> Default for Loader<K, V, E> {
    fn default() -> Self {
        Self { pending: BTreeSet::new(), known: BTreeMap::new(), stats: LoaderStats::default() }
    }
}

impl<K: Ord + Clone, V, E> Loader<K, V, E> {
    /// Puts a key on the list, unless it is known.
    pub fn want(&mut self, key: K) {
        self.stats.wanted += 1;
        if !self.known.contains_key(&key) {
            self.pending.insert(key);
        }
    }

    /// Asks for all keys on the list, each once, in order; not at all when there are none. The answer is by key, because a
    /// database gives rows in the order that suits it; a key that is missing in it is known not to be there, and an error
    /// is that of its key alone.
    pub fn dispatch(&mut self, source: impl FnOnce(&[K]) -> BTreeMap<K, Result<V, E>>) {
        let keys: Vec<K> = std::mem::take(&mut self.pending).into_iter().collect();
        if keys.is_empty() {
            return;
        }
        self.stats.batches += 1;
        self.stats.keys += keys.len() as u64;
        let mut found = source(&keys);
        for key in keys {
            let value = found.remove(&key).transpose();
            self.known.insert(key, value);
        }
    }

    /// What is known of a key; `None` before it was asked for.
    pub fn get(&self, key: &K) -> Option<&Result<Option<V>, E>> {
        self.known.get(key)
    }

    /// Forgets a key, because it was changed.
    pub fn forget(&mut self, key: &K) {
        self.known.remove(key);
    }

    /// What it did.
    pub fn stats(&self) -> LoaderStats {
        self.stats
    }
}
