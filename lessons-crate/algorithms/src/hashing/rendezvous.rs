//! Highest random weight.

use super::{Placement, hash_pair};

/// A key belongs to the node for which the hash of the pair is highest.
///
/// Even shares without virtual nodes, and exactly the keys of a removed node move. A lookup asks every
/// node: O(n).
///
/// # Sources
///
/// D. G. Thaler, C. V. Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", IEEE/ACM
/// Transactions on Networking 6(1), 1998, doi:10.1109/90.663936.
#[derive(Clone, Debug)]
pub struct Rendezvous {
    nodes: Vec<u64>,
}

impl Rendezvous {
    /// Over these nodes.
    ///
    /// # Panics
    ///
    /// When there is no node.
    pub fn new(nodes: &[u64]) -> Self {
        assert!(!nodes.is_empty(), "keys need at least one node");
        Self { nodes: nodes.to_vec() }
    }

    /// The `count` nodes with the highest hashes, best first: a key's home and its replicas.
    pub fn replicas(&self, key: u64, count: usize) -> Vec<u64> {
        let mut nodes = self.nodes.clone();
        nodes.sort_by_key(|&node| std::cmp::Reverse(hash_pair(node, key, 0)));
        nodes.truncate(count);
        nodes
    }
}

impl Placement for Rendezvous {
    fn name(&self) -> &'static str {
        "rendezvous"
    }

    fn node(&self, key: u64) -> u64 {
        let best = self.nodes.iter().max_by_key(|&&node| hash_pair(node, key, 0));
        *best.expect("new() made sure of a node")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hashing::{collateral_fraction, shares};
    use crate::stats::chi_square_p_value;

    #[test]
    fn shares_are_even_and_only_the_keys_of_a_removed_node_move() {
        let nodes: Vec<u64> = (0..10).collect();
        let before = Rendezvous::new(&nodes);
        let counts = shares(&before, 10, 100_000);
        assert!(chi_square_p_value(&counts, &[10_000.0; 10]) > 0.001, "{counts:?}");
        let after = Rendezvous::new(&nodes[..9]);
        assert_eq!(collateral_fraction(&before, &after, 9, 100_000), 0.0);
    }

    #[test]
    fn the_first_replica_is_the_home_and_the_second_takes_over() {
        let before = Rendezvous::new(&[1, 2, 3, 4]);
        for key in 0..100 {
            let replicas = before.replicas(key, 2);
            assert_eq!(before.node(key), replicas[0]);
            let rest: Vec<u64> = (1..=4).filter(|&node| node != replicas[0]).collect();
            assert_eq!(Rendezvous::new(&rest).node(key), replicas[1]);
        }
    }

    proptest! {
        #[test]
        fn a_change_moves_only_the_keys_of_the_changed_node(
            nodes in prop::collection::btree_set(any::<u64>(), 2..12),
            chosen: prop::sample::Index,
            first_key: u64,
        ) {
            let all: Vec<u64> = nodes.into_iter().collect();
            let changed = all[chosen.index(all.len())];
            // Also in another order: a placement follows from the set of nodes.
            let rest: Vec<u64> = all.iter().rev().copied().filter(|&node| node != changed).collect();
            let (with, without) = (Rendezvous::new(&all), Rendezvous::new(&rest));
            for key in (0..200).map(|offset| first_key.wrapping_add(offset)) {
                prop_assert!(with.node(key) == changed || with.node(key) == without.node(key));
                prop_assert_ne!(without.node(key), changed);
            }
        }
    }
}
