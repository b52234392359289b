//! The tree against `BTreeMap`, its invariants, and theory.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::rng::Rng;
use crate::storage::formula;

impl BPlusTree {
    /// Panics unless the tree is in order. `half_full`: whether pages must be, except for the root.
    pub(in crate::storage) fn assert_valid(&self, half_full: bool) {
        let levels = self.levels();
        let leaves = levels.len() - 1;
        for (depth, ids) in levels.iter().enumerate() {
            let width = if depth == leaves { LEAF } else { INNER };
            let keys: Vec<u64> = ids
                .iter()
                .flat_map(|id| Node::read(self.pager.peek(*id), width).entries)
                .map(|entry| entry.0)
                .collect();
            assert!(keys.is_sorted_by(|a, b| a < b), "level {depth}: {keys:?}");
            for id in ids {
                let count = node::count(self.pager.peek(*id));
                assert!(count <= self.capacity(width));
                assert!(*id == self.root || count > 0, "an empty page {id}");
                if half_full && *id != self.root {
                    assert!(count >= self.capacity(width) / 2, "page {id} at level {depth}: {count}");
                }
            }
        }
        let chain: Vec<PageId> =
            std::iter::successors(Some(levels[leaves][0]), |id| Some(node::link(self.pager.peek(*id))))
                .take_while(|id| *id != 0)
                .collect();
        assert_eq!(chain, levels[leaves], "the leaves are linked from left to right");
        let free = std::iter::successors(Some(self.free), |id| Some(node::link(self.pager.peek(*id))))
            .take_while(|id| *id != 0);
        let used: usize = levels.iter().map(Vec::len).sum();
        assert_eq!(1 + used + free.count(), self.pager.len(), "every page is used or free");
    }
}

#[derive(Clone, Debug)]
enum Op {
    Insert(u64, u64),
    Remove(u64),
    Range(u64, u64),
}

fn op() -> impl Strategy<Value = Op> {
    let key = 0..300u64;
    prop_oneof![
        4 => (key.clone(), any::<u64>()).prop_map(|(key, value)| Op::Insert(key, value)),
        3 => key.clone().prop_map(Op::Remove),
        1 => (key.clone(), key).prop_map(|(a, b)| Op::Range(a, b)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn it_is_a_sorted_map(
        ops in prop::collection::vec(op(), 1..600),
        page_bytes in 56usize..200,
        middle in any::<bool>(),
    ) {
        let split = if middle { Split::Middle } else { Split::RightMost };
        let mut tree = BPlusTree::with_page(page_bytes, split);
        let mut model = BTreeMap::new();
        for op in ops {
            match op {
                Op::Insert(key, value) => prop_assert_eq!(tree.insert(key, value), model.insert(key, value)),
                Op::Remove(key) => prop_assert_eq!(tree.remove(key), model.remove(&key)),
                Op::Range(a, b) => {
                    let found: Vec<(u64, u64)> = tree.range(a..=b).collect();
                    let expected: Vec<(u64, u64)> =
                        if a <= b { model.range(a..=b).map(|(k, v)| (*k, *v)).collect() } else { Vec::new() };
                    prop_assert_eq!(found, expected);
                }
            }
            prop_assert_eq!(tree.len(), model.len() as u64);
            tree.assert_valid(middle);
        }
        let all: Vec<(u64, u64)> = tree.iter().collect();
        prop_assert_eq!(all, model.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_bulk_load_is_a_tree_like_any(count in 0u64..2_000, page_bytes in 56usize..300, fill in 0.5f64..=1.0) {
        let sorted: Vec<(u64, u64)> = (0..count).map(|key| (key * 3, key)).collect();
        let mut tree = BPlusTree::bulk_load(page_bytes, fill, &sorted);
        tree.assert_valid(false);
        prop_assert_eq!(tree.iter().collect::<Vec<_>>(), sorted);
        for key in 0..count {
            prop_assert_eq!(tree.insert(key * 3 + 1, 0), None);
        }
        for key in 0..count {
            prop_assert_eq!(tree.remove(key * 3), Some(key));
            prop_assert_eq!(tree.remove(key * 3 + 2), None);
        }
        tree.assert_valid(false);
        prop_assert_eq!(tree.len(), count);
    }
}

fn shuffled(count: u64, seed: u64) -> Vec<u64> {
    let mut keys: Vec<u64> = (0..count).collect();
    Rng::new(seed).shuffle(&mut keys);
    keys
}

fn grown(split: Split, keys: &[u64]) -> BPlusTree {
    let mut tree = BPlusTree::with_page(4096, split);
    tree.extend(keys.iter().map(|key| (*key, *key)));
    tree
}

/// The mean fill while the tree doubles to its last size: pages that were split together are full again together, so
/// the fill of one moment swings around its mean.
fn fill(split: Split, keys: &[u64]) -> f64 {
    let mut tree = BPlusTree::with_page(4096, split);
    let mut fills = Vec::new();
    for (number, key) in keys.iter().enumerate() {
        tree.insert(*key, *key);
        if number * 2 > keys.len() && number % 2_000 == 0 {
            fills.push(tree.shape().leaf_fill);
        }
    }
    crate::stats::mean(&fills)
}

#[test]
fn random_inserts_fill_ln_2_and_ascending_ones_half_or_all() {
    let ascending: Vec<u64> = (0..200_000).collect();
    for (split, keys, expected) in [
        (Split::Middle, &shuffled(200_000, 1), formula::RANDOM_FILL),
        (Split::RightMost, &shuffled(200_000, 2), formula::RANDOM_FILL),
        (Split::Middle, &ascending, 0.5),
        (Split::RightMost, &ascending, 1.0),
    ] {
        let fill = fill(split, keys);
        assert!((fill - expected).abs() < 0.02, "{split:?}: {fill}, not {expected}");
    }
}

#[test]
fn the_height_is_that_of_the_formula() {
    for count in [100, 255, 256, 10_000, 86_000, 90_000, 300_000] {
        let sorted: Vec<(u64, u64)> = (0..count).map(|key| (key, key)).collect();
        let tree = BPlusTree::bulk_load(4096, 1.0, &sorted);
        let (leaf, fanout) = tree.capacities();
        assert_eq!((leaf, fanout), (255, 341));
        assert_eq!(tree.height(), formula::height(count, leaf as f64, fanout as f64), "{count}");
        let shape = tree.shape();
        assert_eq!(shape.leaves, count.div_ceil(255));
    }
}

#[test]
fn a_lookup_reads_its_height_and_a_scan_each_leaf_once() {
    let mut tree = grown(Split::Middle, &shuffled(100_000, 3));
    assert_eq!(tree.height(), 3);
    tree.reset_counts();
    assert_eq!((tree.get(7), tree.get(100_000)), (Some(7), None));
    assert_eq!(tree.counts(), PageCounts { reads: 6, writes: 0 });
    tree.reset_counts();
    assert_eq!(tree.iter().count(), 100_000);
    assert_eq!(tree.counts().reads, 2 + tree.shape().leaves);
    tree.reset_counts();
    assert_eq!(tree.range(500..=503).count(), 4);
    assert!((3..=4).contains(&tree.counts().reads));
    assert_eq!(tree.path(7).len(), 3);
    assert_eq!(tree.keys_by_level()[2].len() as u64, tree.shape().leaves);
}

#[test]
fn an_emptied_tree_gives_its_pages_back() {
    let keys = shuffled(20_000, 4);
    let mut tree = grown(Split::Middle, &keys);
    let pages = tree.pager.len();
    for key in &keys {
        assert_eq!(tree.remove(*key), Some(*key));
    }
    assert_eq!((tree.len(), tree.height(), tree.is_empty()), (0, 1, true));
    tree.assert_valid(true);
    tree.extend(keys.iter().map(|key| (*key, 0)));
    assert_eq!(tree.pager.len(), pages, "pages that were given back are used again");
}

#[test]
#[should_panic(expected = "must ascend")]
fn a_bulk_load_refuses_unsorted_keys() {
    BPlusTree::bulk_load(4096, 1.0, &[(2, 0), (1, 0)]);
}
