//! Range-based sharding: chunks of neighboring keys, which split, merge and move.

use std::collections::{BTreeMap, BTreeSet};

use super::Sharder;

/// A run of neighboring keys on one shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The first key that belongs to it; the next chunk's first key is the end.
    pub first: u64,
    /// Who has it.
    pub shard: u64,
    /// How many keys are in it.
    pub keys: usize,
}

/// Keys in order, cut into chunks; each chunk belongs to a shard.
///
/// A chunk with more than `split_above` keys is cut at its median key, small neighbors are put together again,
/// and [`balance`](Self::balance) moves whole chunks from the fullest shard to the emptiest. A range of keys asks
/// only the shards of its chunks. New keys that are always larger than all before, such as times or counters,
/// all go to the last chunk.
///
/// # Complexity
///
/// A lookup is O(log n); a split, a merge or a move is O(keys of the chunk).
///
/// # Sources
///
/// F. Chang et al., "Bigtable: A Distributed Storage System for Structured Data", OSDI 2006 (tablets that
/// split). MongoDB manual, "Data Partitioning with Chunks" and "Sharded Cluster Balancer".
///
/// # Examples
///
/// ```
/// use lessons::sharding::{RangeBased, Sharder};
///
/// let mut posts = RangeBased::new(&[0, 1], 100);
/// for key in 0..1_000 {
///     posts.insert(key);
/// }
/// assert!(posts.chunks().len() > 10);
/// posts.balance();
/// assert_eq!(posts.shards_between(0, 10).len(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct RangeBased {
    /// By first key. Invariant: there is one at 0, so that every key has a chunk.
    chunks: BTreeMap<u64, (u64, BTreeSet<u64>)>,
    shards: BTreeSet<u64>,
    split_above: usize,
}

impl RangeBased {
    /// One chunk with all keys, on the first of these shards; chunks split above so many keys.
    ///
    /// # Panics
    ///
    /// When there is no shard, or chunks are to split below two keys.
    pub fn new(shards: &[u64], split_above: usize) -> Self {
        assert!(!shards.is_empty(), "keys need at least one shard");
        assert!(split_above >= 2, "a chunk of one key cannot be split");
        Self {
            chunks: BTreeMap::from([(0, (shards[0], BTreeSet::new()))]),
            shards: shards.iter().copied().collect(),
            split_above,
        }
    }

    /// Chunks that begin at these keys (and one at 0), given out in turn: for keys whose spread is known before.
    ///
    /// # Panics
    ///
    /// Those of [`new`](Self::new).
    pub fn pre_split(shards: &[u64], split_above: usize, bounds: &[u64]) -> Self {
        let mut sharder = Self::new(shards, split_above);
        let bounds: BTreeSet<u64> = bounds.iter().copied().chain([0]).collect();
        let owners = shards.iter().cycle();
        sharder.chunks =
            bounds.into_iter().zip(owners).map(|(first, &shard)| (first, (shard, BTreeSet::new()))).collect();
        sharder
    }

    /// The chunk of a key: where it begins. There is always one at 0.
    fn first_of(&self, key: u64) -> u64 {
        self.chunks.range(..=key).next_back().map_or(0, |(first, _)| *first)
    }

    /// Adds a key, and splits its chunk when it has grown too large: the shard that took the write.
    #[expect(
        clippy::missing_panics_doc,
        reason = "there is always a chunk at 0, and two keys are above one half"
    )]
    pub fn insert(&mut self, key: u64) -> u64 {
        let first = self.first_of(key);
        let (shard, keys) = self.chunks.get_mut(&first).expect("it was just found");
        let shard = *shard;
        keys.insert(key);
        if keys.len() > self.split_above {
            let median = *keys.iter().nth(keys.len() / 2).expect("it has two keys or more");
            let upper = keys.split_off(&median);
            self.chunks.insert(median, (shard, upper));
        }
        shard
    }

    /// Takes a key out; false when it was not there.
    pub fn remove(&mut self, key: u64) -> bool {
        let first = self.first_of(key);
        self.chunks.get_mut(&first).is_some_and(|(_, keys)| keys.remove(&key))
    }

    /// Whether the key was inserted.
    pub fn contains(&self, key: u64) -> bool {
        self.chunks[&self.first_of(key)].1.contains(&key)
    }

    /// Puts neighbors of one shard together while they have at most half of what splits a chunk: how many chunks
    /// are gone.
    pub fn merge(&mut self) -> usize {
        let before = self.chunks.len();
        let old = std::mem::take(&mut self.chunks);
        let mut last: Option<(u64, (u64, BTreeSet<u64>))> = None;
        for (first, (shard, mut keys)) in old {
            match &mut last {
                // Half, so that the next insert does not split it again.
                Some((_, (owner, kept)))
                    if *owner == shard && kept.len() + keys.len() <= self.split_above / 2 =>
                {
                    kept.append(&mut keys);
                }
                _ => {
                    self.chunks.extend(last.replace((first, (shard, keys))));
                }
            }
        }
        self.chunks.extend(last);
        before - self.chunks.len()
    }

    /// One more shard, empty until the next [`balance`](Self::balance).
    pub fn add_shard(&mut self, shard: u64) {
        self.shards.insert(shard);
    }

    /// Moves chunks from the fullest shard to the emptiest while that brings the two closer: how many keys moved.
    pub fn balance(&mut self) -> usize {
        let mut moved = 0;
        loop {
            let counts = self.keys_per_shard();
            let by_count = |&(shard, count): &(u64, usize)| (count, shard);
            let (Some((full, most)), Some((empty, least))) = (
                counts.iter().map(|(&shard, &count)| (shard, count)).max_by_key(by_count),
                counts.iter().map(|(&shard, &count)| (shard, count)).min_by_key(by_count),
            ) else {
                return moved;
            };
            // A chunk smaller than the difference makes it smaller; the largest such chunk, most so.
            let fits = |keys: usize| keys > 0 && keys < most - least;
            let mine = self.chunks.iter_mut().filter(|(_, (shard, keys))| *shard == full && fits(keys.len()));
            let gap = most - least;
            let Some((_, (shard, keys))) = mine.min_by_key(|(_, (_, keys))| (2 * keys.len()).abs_diff(gap))
            else {
                return moved;
            };
            *shard = empty;
            moved += keys.len();
        }
    }

    /// The chunks in the order of their keys.
    pub fn chunks(&self) -> Vec<Chunk> {
        let chunk = |(&first, (shard, keys)): (&u64, &(u64, BTreeSet<u64>))| Chunk {
            first,
            shard: *shard,
            keys: keys.len(),
        };
        self.chunks.iter().map(chunk).collect()
    }

    /// How many keys are on each shard, those without any included.
    pub fn keys_per_shard(&self) -> BTreeMap<u64, usize> {
        let mut counts: BTreeMap<u64, usize> = self.shards.iter().map(|&shard| (shard, 0)).collect();
        for (shard, keys) in self.chunks.values() {
            *counts.entry(*shard).or_default() += keys.len();
        }
        counts
    }
}

impl Sharder for RangeBased {
    fn name(&self) -> &'static str {
        "range"
    }

    fn shard(&self, key: u64) -> u64 {
        self.chunks[&self.first_of(key)].0
    }

    fn shards_between(&self, first: u64, last: u64) -> Vec<u64> {
        if first > last {
            return Vec::new();
        }
        let chunks = self.chunks.range(self.first_of(first)..=last);
        let shards: BTreeSet<u64> = chunks.map(|(_, (shard, _))| *shard).collect();
        shards.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_that_only_grow_all_go_to_one_shard() {
        let mut sharder = RangeBased::new(&[0, 1, 2, 3], 100);
        let mut last = 0;
        for key in 0..10_000 {
            last = sharder.insert(key);
            if key % 1_000 == 999 {
                sharder.balance();
                let before = sharder.shard(key + 1);
                let next: BTreeSet<u64> = (1..50).map(|ahead| sharder.shard(key + ahead)).collect();
                assert_eq!(next, BTreeSet::from([before]), "the next keys share a chunk");
            }
        }
        assert!(last < 4);
        let counts = sharder.keys_per_shard();
        let (most, least) = (counts.values().max().unwrap(), counts.values().min().unwrap());
        assert!(most - least <= 100, "{counts:?}");
    }

    #[test]
    fn a_new_shard_gets_its_share_by_moving_no_more_than_that() {
        let mut sharder = RangeBased::new(&[0, 1, 2], 64);
        for key in 0..12_000u64 {
            sharder.insert(crate::hash::mix64(key));
        }
        sharder.balance();
        sharder.add_shard(3);
        let moved = sharder.balance();
        assert!((2_900..=3_200).contains(&moved), "{moved} of 12,000 keys");
        assert_eq!(sharder.balance(), 0);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u64),
        Remove(u64),
        Merge,
        Balance,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => (0u64..200).prop_map(Step::Insert),
            4 => (0u64..200).prop_map(Step::Remove),
            1 => Just(Step::Merge),
            1 => Just(Step::Balance),
        ]
    }

    proptest! {
        #[test]
        fn it_is_a_set_of_keys_each_with_one_owner(steps in prop::collection::vec(step(), 1..300)) {
            let mut sharder = RangeBased::pre_split(&[0, 1, 2], 8, &[50, 120]);
            let mut model = BTreeSet::new();
            for step in steps {
                match step {
                    Step::Insert(key) => {
                        let owner = sharder.shard(key);
                        prop_assert_eq!(sharder.insert(key), owner);
                        model.insert(key);
                    }
                    Step::Remove(key) => prop_assert_eq!(sharder.remove(key), model.remove(&key)),
                    Step::Merge => { sharder.merge(); }
                    Step::Balance => { sharder.balance(); }
                }
                let chunks = sharder.chunks();
                prop_assert_eq!(chunks[0].first, 0);
                prop_assert!(chunks.iter().all(|chunk| chunk.keys <= 8));
                prop_assert_eq!(chunks.iter().map(|chunk| chunk.keys).sum::<usize>(), model.len());
            }
            for key in 0..210 {
                prop_assert_eq!(sharder.contains(key), model.contains(&key));
            }
            for (first, last) in [(0, 210), (30, 60), (100, 100), (60, 30)] {
                let naive: BTreeSet<u64> = (first..=last).map(|key| sharder.shard(key)).collect();
                prop_assert_eq!(sharder.shards_between(first, last), naive.into_iter().collect::<Vec<_>>());
            }
        }
    }
}
