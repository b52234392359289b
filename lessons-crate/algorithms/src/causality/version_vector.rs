//! Version vectors: what a replica has seen, as one counter per replica.

use std::collections::BTreeMap;
use std::fmt;

use crate::network::NodeId;

/// How two versions stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Causality {
    /// The first is part of the history of the second.
    Before,
    /// The second is part of the history of the first.
    After,
    /// The same.
    Equal,
    /// Neither knows the other: a conflict.
    Concurrent,
}

/// One event: the `counter`th of a node, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dot {
    /// Whose event.
    pub node: NodeId,
    /// Which of its events.
    pub counter: u64,
}

/// Of each node, how many of its events are known; all from the first on, without gaps.
///
/// # Complexity
///
/// All operations are linear in the number of nodes, or logarithmic for one node.
///
/// # Examples
///
/// ```
/// use lessons::causality::{Causality, VersionVector};
///
/// let base = VersionVector::from([(0, 1)]);
/// let (mut left, mut right) = (base.clone(), base.clone());
/// left.increment(0);
/// right.increment(1);
/// assert_eq!(base.compare(&left), Causality::Before);
/// assert_eq!(left.compare(&right), Causality::Concurrent);
/// left.merge(&right);
/// assert_eq!(left.to_string(), "{0: 2, 1: 1}");
/// ```
///
/// # Sources
///
/// D. S. Parker et al., "Detection of Mutual Inconsistency in Distributed Systems", IEEE TSE SE-9(3), 1983,
/// doi:10.1109/TSE.1983.236733. Dots: N. Preguiça et al., "Brief Announcement: Efficient Causality Tracking in
/// Distributed Storage Systems with Dotted Version Vectors", PODC 2012, doi:10.1145/2332432.2332497.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionVector {
    /// Invariant: no zeros, so that equal vectors are equal maps.
    counters: BTreeMap<NodeId, u64>,
}

impl VersionVector {
    /// Nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many events of this node are known.
    pub fn get(&self, node: NodeId) -> u64 {
        self.counters.get(&node).copied().unwrap_or(0)
    }

    /// A new event of this node.
    pub fn increment(&mut self, node: NodeId) -> Dot {
        let counter = self.counters.entry(node).or_default();
        *counter += 1;
        Dot { node, counter: *counter }
    }

    /// Whether this event is known.
    pub fn contains(&self, dot: Dot) -> bool {
        dot.counter <= self.get(dot.node)
    }

    /// Whether all that the other knows is known.
    pub fn covers(&self, other: &Self) -> bool {
        other.counters.iter().all(|(&node, &counter)| counter <= self.get(node))
    }

    /// Learns all that the other knows: the greater counter of each node.
    pub fn merge(&mut self, other: &Self) {
        for (&node, &counter) in &other.counters {
            let own = self.counters.entry(node).or_default();
            *own = counter.max(*own);
        }
    }

    /// How this version stands to the other.
    pub fn compare(&self, other: &Self) -> Causality {
        match (self.covers(other), other.covers(self)) {
            (true, true) => Causality::Equal,
            (true, false) => Causality::After,
            (false, true) => Causality::Before,
            (false, false) => Causality::Concurrent,
        }
    }
}

impl<const N: usize> From<[(NodeId, u64); N]> for VersionVector {
    fn from(counters: [(NodeId, u64); N]) -> Self {
        Self { counters: counters.into_iter().filter(|(_, counter)| *counter > 0).collect() }
    }
}

impl fmt::Display for VersionVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> =
            self.counters.iter().map(|(node, counter)| format!("{node}: {counter}")).collect();
        write!(f, "{{{}}}", parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vectors() -> impl Strategy<Value = VersionVector> {
        prop::collection::btree_map(0..3_usize, 1..4_u64, 0..4)
            .prop_map(|counters| VersionVector { counters })
    }

    proptest! {
        #[test]
        fn comparing_is_a_partial_order(a in vectors(), b in vectors(), c in vectors()) {
            let mirrored = match a.compare(&b) {
                Causality::Before => Causality::After,
                Causality::After => Causality::Before,
                same => same,
            };
            prop_assert_eq!(b.compare(&a), mirrored);
            prop_assert_eq!(a.compare(&b) == Causality::Equal, a == b);
            if a.covers(&b) && b.covers(&c) {
                prop_assert!(a.covers(&c));
            }
        }

        #[test]
        fn merging_gives_the_least_that_covers_both(a in vectors(), b in vectors(), c in vectors()) {
            let mut both = a.clone();
            both.merge(&b);
            prop_assert!(both.covers(&a) && both.covers(&b));
            if c.covers(&a) && c.covers(&b) {
                prop_assert!(c.covers(&both));
            }
        }

        /// Against sets of events, which is what a vector stands for.
        #[test]
        fn agrees_with_sets_of_events(a in vectors(), b in vectors()) {
            let events = |v: &VersionVector| -> std::collections::BTreeSet<Dot> {
                v.counters.iter().flat_map(|(&node, &n)| (1..=n).map(move |counter| Dot { node, counter })).collect()
            };
            prop_assert_eq!(a.covers(&b), events(&a).is_superset(&events(&b)));
            for dot in events(&b) {
                prop_assert_eq!(a.contains(dot), events(&a).contains(&dot));
            }
        }
    }
}
