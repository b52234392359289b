//! Directory-based sharding: a table that is looked up, and routers with copies of it.

use std::collections::{BTreeMap, BTreeSet};

use super::Sharder;

/// Where a key is, and since which version of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    shard: u64,
    since: u64,
}

/// A request was routed by a copy of the directory that is too old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the copy is of version {had}, and the key moved in version {needed}: get a new copy and try again")]
pub struct StaleRoute {
    /// The version of the router's copy.
    pub had: u64,
    /// The version since which the key is where it is.
    pub needed: u64,
}

/// A table that names the shard of each key, with a fallback for those it does not name.
///
/// Any key can be put anywhere, at any time: a large customer on a machine of its own, a country's users within
/// its borders. The price is a lookup, so everybody keeps a copy; and a copy may be old. Each change has a
/// version, and a shard refuses a request whose version is from before the key moved, so that an old copy costs
/// a second try, never a write to the wrong place.
///
/// # Complexity
///
/// A lookup is O(log n) for n keys that are named.
///
/// # Sources
///
/// A. Adya et al., "Slicer: Auto-Sharding for Datacenter Applications", OSDI 2016 (assignments with
/// generations, cached by clients).
///
/// # Examples
///
/// ```
/// use lessons::sharding::{Directory, Router};
///
/// let mut directory = Directory::new(0);
/// directory.assign(17, 1);
/// let mut router = Router::new(&directory);
/// directory.assign(17, 2); // The router does not know.
/// assert_eq!(router.send(&directory, 17), (2, 2)); // Shard 2, at the second try.
/// assert_eq!(router.send(&directory, 17), (2, 1));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    places: BTreeMap<u64, Place>,
    fallback: u64,
    version: u64,
}

impl Directory {
    /// All keys on one shard.
    pub fn new(fallback: u64) -> Self {
        Self { places: BTreeMap::new(), fallback, version: 0 }
    }

    /// Puts a key on a shard: the new version.
    pub fn assign(&mut self, key: u64, shard: u64) -> u64 {
        if self.shard(key) != shard {
            self.version += 1;
            self.places.insert(key, Place { shard, since: self.version });
        }
        self.version
    }

    /// The version, which grows by one with each key that moves.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// How many keys it names.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether it names none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// What a shard does with a request that was routed by a copy of this version.
    ///
    /// # Errors
    ///
    /// When the key has moved since.
    pub fn admit(&self, key: u64, version: u64) -> Result<(), StaleRoute> {
        match self.places.get(&key) {
            Some(place) if place.since > version => Err(StaleRoute { had: version, needed: place.since }),
            _ => Ok(()),
        }
    }
}

impl Sharder for Directory {
    fn name(&self) -> &'static str {
        "directory"
    }

    fn shard(&self, key: u64) -> u64 {
        self.places.get(&key).map_or(self.fallback, |place| place.shard)
    }

    fn shards_between(&self, first: u64, last: u64) -> Vec<u64> {
        if first > last {
            return Vec::new();
        }
        let mut shards = BTreeSet::new();
        let mut named = 0;
        for place in self.places.range(first..=last).map(|(_, place)| place) {
            shards.insert(place.shard);
            named += 1;
        }
        // One that is not named is where all those are.
        if named <= last - first {
            shards.insert(self.fallback);
        }
        shards.into_iter().collect()
    }
}

/// Sends requests by a copy of a [`Directory`], and gets a new copy only when it is refused.
#[derive(Clone, Debug)]
pub struct Router {
    copy: Directory,
}

impl Router {
    /// One with a copy of now.
    pub fn new(directory: &Directory) -> Self {
        Self { copy: directory.clone() }
    }

    /// Sends a request for a key: the shard that took it, and at which try.
    pub fn send(&mut self, directory: &Directory, key: u64) -> (u64, u32) {
        let mut tries = 1;
        while directory.admit(key, self.copy.version).is_err() {
            self.copy = directory.clone();
            tries += 1;
        }
        (self.copy.shard(key), tries)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_old_copy_costs_one_more_try_and_never_a_wrong_shard(
            moves in prop::collection::vec((0u64..20, 0u64..4, any::<bool>()), 1..100)
        ) {
            let mut directory = Directory::new(0);
            let mut router = Router::new(&directory);
            let mut model = BTreeMap::new();
            for (key, shard, asks) in moves {
                directory.assign(key, shard);
                model.insert(key, shard);
                if asks {
                    let asked = (key + 7) % 20;
                    let (found, tries) = router.send(&directory, asked);
                    prop_assert_eq!(found, *model.get(&asked).unwrap_or(&0));
                    prop_assert!(tries <= 2);
                    prop_assert_eq!(router.send(&directory, asked).1, 1);
                }
            }
            for (first, last) in [(0, 19), (3, 9), (0, 50), (9, 3)] {
                let naive: BTreeSet<u64> =
                    (first..=last).map(|key| *model.get(&key).unwrap_or(&0)).collect();
                prop_assert_eq!(directory.shards_between(first, last), naive.into_iter().collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn only_requests_for_keys_that_moved_are_refused() {
        let mut directory = Directory::new(0);
        let old = directory.version();
        directory.assign(1, 5);
        assert_eq!(directory.admit(1, old), Err(StaleRoute { had: 0, needed: 1 }));
        assert_eq!(directory.admit(2, old), Ok(()));
        assert_eq!(directory.assign(1, 5), 1, "nothing moved");
    }
}
