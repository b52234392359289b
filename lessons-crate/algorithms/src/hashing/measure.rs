//! How even a placement is, and what moves when it changes.

use super::Placement;
use crate::interrupt;

/// Keys 0, 1, 2 and so on are as good as any: every placement hashes them.
fn keys(count: u64) -> impl Iterator<Item = u64> {
    (0..count).inspect(|key| {
        if key % 1024 == 0 {
            interrupt::checkpoint();
        }
    })
}

/// How many of the keys 0 to `key_count` - 1 each of the nodes 0 to `nodes` - 1 gets.
///
/// # Panics
///
/// When the placement names another node.
pub fn shares(placement: &dyn Placement, nodes: usize, key_count: u64) -> Vec<u64> {
    let mut counts = vec![0; nodes];
    for key in keys(key_count) {
        counts[placement.node(key) as usize] += 1;
    }
    counts
}

/// The largest share of the nodes 0 to `nodes` - 1, as a multiple of the mean share: 1 is perfect.
///
/// # Panics
///
/// When the placement names another node.
pub fn imbalance(placement: &dyn Placement, nodes: usize, key_count: u64) -> f64 {
    let largest = shares(placement, nodes, key_count).into_iter().max().unwrap_or(0);
    largest as f64 * nodes as f64 / key_count as f64
}

/// The fraction of the keys 0 to `key_count` - 1 that change their node from `before` to `after`.
pub fn moved_fraction(before: &dyn Placement, after: &dyn Placement, key_count: u64) -> f64 {
    let moved = keys(key_count).filter(|&key| before.node(key) != after.node(key)).count();
    moved as f64 / key_count as f64
}

/// The fraction of the keys 0 to `key_count` - 1 that change their node although they were not on the node
/// that `removed` names: moves that nobody needed.
pub fn collateral_fraction(
    before: &dyn Placement,
    after: &dyn Placement,
    removed: u64,
    key_count: u64,
) -> f64 {
    let moved = |&key: &u64| {
        let node = before.node(key);
        node != removed && node != after.node(key)
    };
    keys(key_count).filter(moved).count() as f64 / key_count as f64
}
