//! Counters that several nodes add to.

use std::collections::BTreeMap;
use std::fmt;

use super::Crdt;
use crate::network::NodeId;

/// A counter that only grows: one sum per node, of which only that node changes its own.
///
/// # Examples
///
/// ```
/// use lessons::crdt::{Crdt, GCounter};
///
/// let (mut lisbon, mut warsaw) = (GCounter::new(), GCounter::new());
/// lisbon.add(0, 3);
/// warsaw.add(1, 4);
/// lisbon.merge(&warsaw);
/// lisbon.merge(&warsaw); // Hearing it twice changes nothing.
/// assert_eq!(lisbon.value(), 7);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GCounter {
    sums: BTreeMap<NodeId, u64>,
}

impl GCounter {
    /// Zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds this much at this node.
    pub fn add(&mut self, node: NodeId, amount: u64) {
        // Nothing added is nothing known: equal counters are equal maps.
        if amount > 0 {
            *self.sums.entry(node).or_default() += amount;
        }
    }

    /// The sum of all that is known to have been added.
    pub fn value(&self) -> u64 {
        self.sums.values().sum()
    }
}

impl Crdt for GCounter {
    fn merge(&mut self, other: &Self) {
        for (&node, &sum) in &other.sums {
            let own = self.sums.entry(node).or_default();
            *own = sum.max(*own);
        }
    }
}

impl fmt::Display for GCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value())
    }
}

/// A counter that goes up and down: two that grow.
///
/// It counts every change, so it may go below zero although each node saw enough: a limit needs coordination.
///
/// # Examples
///
/// ```
/// use lessons::crdt::{Crdt, PnCounter};
///
/// let mut stock = PnCounter::new();
/// stock.add(0, 1);
/// let mut other_shop = stock.clone();
/// stock.subtract(0, 1); // Both sell the last one.
/// other_shop.subtract(1, 1);
/// stock.merge(&other_shop);
/// assert_eq!(stock.value(), -1);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PnCounter {
    up: GCounter,
    down: GCounter,
}

impl PnCounter {
    /// Zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds this much at this node.
    pub fn add(&mut self, node: NodeId, amount: u64) {
        self.up.add(node, amount);
    }

    /// Takes this much away at this node.
    pub fn subtract(&mut self, node: NodeId, amount: u64) {
        self.down.add(node, amount);
    }

    /// All that was added, less all that was taken away.
    pub fn value(&self) -> i64 {
        self.up.value() as i64 - self.down.value() as i64
    }
}

impl Crdt for PnCounter {
    fn merge(&mut self, other: &Self) {
        self.up.merge(&other.up);
        self.down.merge(&other.down);
    }
}

impl fmt::Display for PnCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value())
    }
}
