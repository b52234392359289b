//! Consistent hashing on a ring.

use super::{Placement, hash_pair};
use crate::hash::hash_u64;

/// Keys and nodes on a circle of hashes: a key belongs to the next node point at or after it.
///
/// Each node stands at several points, its virtual nodes, so that its arcs together are near its fair
/// share: the standard deviation of a share is about 1/√v of the mean for `v` virtual nodes. A lookup is a
/// binary search, O(log nv); adding or removing a node is O(nv).
///
/// # Sources
///
/// D. Karger et al., "Consistent Hashing and Random Trees", STOC 1997, doi:10.1145/258533.258660.
///
/// # Examples
///
/// ```
/// use lessons::hashing::{HashRing, Placement};
///
/// let mut ring = HashRing::new(&[1, 2, 3], 100);
/// let before = ring.node(42);
/// ring.add(4);
/// assert!(ring.node(42) == before || ring.node(42) == 4);
/// ```
#[derive(Clone, Debug)]
pub struct HashRing {
    /// Point on the circle and node, by point.
    points: Vec<(u64, u64)>,
    virtual_nodes: u64,
    seed: u64,
}

impl HashRing {
    /// These nodes at `virtual_nodes` points each.
    ///
    /// # Panics
    ///
    /// When there is no node, or no virtual node.
    pub fn new(nodes: &[u64], virtual_nodes: u64) -> Self {
        Self::with_seed(nodes, virtual_nodes, 0)
    }

    /// The same with other hashes.
    ///
    /// # Panics
    ///
    /// When there is no node, or no virtual node.
    pub fn with_seed(nodes: &[u64], virtual_nodes: u64, seed: u64) -> Self {
        assert!(!nodes.is_empty() && virtual_nodes > 0, "a ring needs at least one point");
        let mut ring = Self { points: Vec::new(), virtual_nodes, seed };
        for &node in nodes {
            ring.push(node);
        }
        ring.points.sort_unstable();
        ring
    }

    fn push(&mut self, node: u64) {
        let point = |replica| (hash_pair(node, replica, self.seed), node);
        self.points.extend((0..self.virtual_nodes).map(point));
    }

    /// Adds a node; only keys that now belong to it move.
    pub fn add(&mut self, node: u64) {
        self.remove(node);
        self.push(node);
        self.points.sort_unstable();
    }

    /// Removes a node, if it is there; only its keys move.
    ///
    /// # Panics
    ///
    /// At the next lookup, when it was the last node.
    pub fn remove(&mut self, node: u64) {
        self.points.retain(|&(_, owner)| owner != node);
    }

    /// The nodes in the order in which a key meets them, from its own node on; a node comes again for each
    /// of its points.
    pub(super) fn walk(&self, key: u64) -> impl Iterator<Item = u64> + '_ {
        let position = hash_u64(key, self.seed ^ u64::MAX);
        let start = self.points.partition_point(|&(point, _)| point < position);
        self.points[start..].iter().chain(&self.points[..start]).map(|&(_, node)| node)
    }
}

impl Placement for HashRing {
    fn name(&self) -> &'static str {
        "hash ring"
    }

    fn node(&self, key: u64) -> u64 {
        self.walk(key).next().expect("a ring has at least one point")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hashing::imbalance;

    fn mean_imbalance(virtual_nodes: u64) -> f64 {
        let rings = 40;
        let total: f64 = (0..rings)
            .map(|seed| {
                let ring = HashRing::with_seed(&(0..10).collect::<Vec<_>>(), virtual_nodes, seed);
                imbalance(&ring, 10, 20_000)
            })
            .sum();
        total / rings as f64
    }

    #[test]
    fn more_virtual_nodes_balance_better() {
        // With one point each, the largest of n arcs is H_n / n of the circle on average: 2.93 for ten. The
        // others are averages of many rings.
        for (virtual_nodes, expected, tolerance) in
            [(1, 2.93, 0.45), (10, 1.50, 0.15), (100, 1.155, 0.03), (1_000, 1.06, 0.02)]
        {
            let measured = mean_imbalance(virtual_nodes);
            assert!((measured - expected).abs() < tolerance, "{virtual_nodes}: {measured}");
        }
    }

    proptest! {
        #[test]
        fn only_the_keys_of_the_changed_node_move(nodes in prop::collection::btree_set(0u64..50, 2..8)) {
            let nodes: Vec<u64> = nodes.into_iter().collect();
            let before = HashRing::new(&nodes, 20);
            let mut after = before.clone();
            after.remove(nodes[0]);
            for key in 0..500 {
                let old = before.node(key);
                prop_assert!(old == nodes[0] || after.node(key) == old);
                prop_assert_ne!(after.node(key), nodes[0]);
            }
            after.add(nodes[0]);
            prop_assert!((0..500).all(|key| after.node(key) == before.node(key)));
        }
    }
}
