//! The lookup table of the Maglev balancer.

use super::{Placement, hash_pair};
use crate::hash::{hash_u64, reduce};

/// A table in which every node owns nearly the same number of entries; a key looks up one entry.
///
/// Each node has a permutation of the entries of its own, from two hashes of its name. In turn, each node
/// takes the next entry of its permutation that is free, until the table is full. So shares differ by one
/// entry at most, and when a node leaves, most entries of the others stay: besides the keys of the node,
/// few move. A lookup is O(1); building is O(m log m) on average for `m` entries. Nodes take their turns in
/// the order in which they are given: all balancers must give them in the same one.
///
/// # Sources
///
/// D. E. Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016,
/// section 3.4.
#[derive(Clone, Debug)]
pub struct MaglevTable {
    /// The index in `nodes` that owns each entry.
    entries: Vec<u32>,
    nodes: Vec<u64>,
}

impl MaglevTable {
    /// The number of entries of a small Maglev table: a prime, as the permutations need it.
    pub const SIZE: usize = 65_537;

    /// These nodes in a table of [`MaglevTable::SIZE`] entries.
    ///
    /// # Panics
    ///
    /// When there is no node, or more nodes than entries.
    pub fn new(nodes: &[u64]) -> Self {
        Self::with_size(nodes, Self::SIZE)
    }

    /// These nodes in a table of `size` entries, a prime that is much larger than the number of nodes.
    ///
    /// # Panics
    ///
    /// When there is no node, more nodes than entries, or `size` is not a prime.
    pub fn with_size(nodes: &[u64], size: usize) -> Self {
        assert!(!nodes.is_empty() && nodes.len() <= size, "a table needs 1 to {size} nodes");
        assert!(is_prime(size), "the size of the table must be a prime, not {size}");
        let walk = |&node: &u64| Walk {
            next: reduce(hash_pair(node, 0, 0), size as u64) as usize,
            step: 1 + reduce(hash_pair(node, 1, 0), size as u64 - 1) as usize,
        };
        Self { entries: fill(nodes.iter().map(walk).collect(), size), nodes: nodes.to_vec() }
    }

    /// How many entries each node owns, in the order of the nodes given.
    pub fn entry_counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.nodes.len()];
        for &owner in &self.entries {
            counts[owner as usize] += 1;
        }
        counts
    }

    /// The node that owns each entry.
    pub fn entries(&self) -> impl Iterator<Item = u64> + '_ {
        self.entries.iter().map(|&owner| self.nodes[owner as usize])
    }
}

/// A node's permutation of the entries, as far as it is used up.
#[derive(Clone, Copy, Debug)]
struct Walk {
    next: usize,
    step: usize,
}

/// Which of the walks owns each entry of a table, whose size is a prime.
fn fill(mut walks: Vec<Walk>, size: usize) -> Vec<u32> {
    const FREE: u32 = u32::MAX;
    let mut entries = vec![FREE; size];
    for filled in 0..size {
        let owner = filled % walks.len();
        let Walk { next, step } = &mut walks[owner];
        while entries[*next] != FREE {
            *next = (*next + *step) % size;
        }
        entries[*next] = owner as u32;
    }
    entries
}

fn is_prime(number: usize) -> bool {
    number > 1
        && (2..)
            .take_while(|divisor| divisor * divisor <= number)
            .all(|divisor| !number.is_multiple_of(divisor))
}

impl Placement for MaglevTable {
    fn name(&self) -> &'static str {
        "Maglev"
    }

    #[inline]
    fn node(&self, key: u64) -> u64 {
        let entry = reduce(hash_u64(key, 0), self.entries.len() as u64) as usize;
        self.nodes[self.entries[entry] as usize]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hashing::collateral_fraction;

    /// Worked out by hand from the rule: the three walk 3 0 4 1 5 2 6, 0 2 4 6 1 3 5 and 3 4 5 6 0 1 2.
    #[test]
    fn a_small_table_is_filled_by_the_rule() {
        let [b0, b1, b2] = [(3, 4), (0, 2), (3, 1)].map(|(next, step)| Walk { next, step });
        assert_eq!(fill(vec![b0, b1, b2], 7), [1, 0, 1, 0, 2, 2, 0]);
        // Without B1, owner 1 is B2.
        assert_eq!(fill(vec![b0, b2], 7), [0, 0, 0, 0, 1, 1, 1]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn shares_differ_by_one_entry_at_any_size(
            nodes in prop::collection::btree_set(any::<u64>(), 1..60),
            size in prop::sample::select(vec![61usize, 127, 1_009, 8_191]),
        ) {
            let counts = MaglevTable::with_size(&nodes.into_iter().collect::<Vec<_>>(), size).entry_counts();
            let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
            prop_assert!(most - least <= 1, "{counts:?}");
            prop_assert_eq!(counts.iter().sum::<u64>(), size as u64);
        }
    }

    #[test]
    fn shares_differ_by_one_entry() {
        let counts = MaglevTable::new(&(0..10).collect::<Vec<_>>()).entry_counts();
        let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
        assert!(most - least <= 1, "{counts:?}");
        assert_eq!(counts.iter().sum::<u64>(), 65_537);
    }

    #[test]
    fn removing_a_node_moves_few_other_keys() {
        let nodes: Vec<u64> = (0..10).collect();
        let collateral: Vec<f64> = (0..10)
            .map(|removed| {
                let rest: Vec<u64> = nodes.iter().copied().filter(|&node| node != removed).collect();
                collateral_fraction(&MaglevTable::new(&nodes), &MaglevTable::new(&rest), removed, 50_000)
            })
            .collect();
        let mean = crate::stats::mean(&collateral);
        // Random permutations give 0.24% on average, and from 0.15% to 0.53% in sixty tables.
        assert!((mean - 0.0024).abs() < 0.001, "{mean}");
        assert!(collateral.iter().all(|share| (0.001..0.006).contains(share)), "{collateral:?}");
    }

    #[test]
    #[should_panic(expected = "must be a prime, not 100")]
    fn a_size_that_is_no_prime_is_refused() {
        MaglevTable::with_size(&[1], 100);
    }
}
