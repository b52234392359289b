//! Is a schedule as good as some serial one? Conflicts between transactions, as a graph.

use std::collections::BTreeSet;

/// One step of a schedule: a transaction reads or writes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Whose step it is.
    pub transaction: u32,
    /// True when it writes.
    pub writes: bool,
    /// What it reads or writes.
    pub name: &'static str,
}

impl Access {
    /// A transaction reads a value.
    pub const fn read(transaction: u32, name: &'static str) -> Self {
        Self { transaction, writes: false, name }
    }

    /// A transaction writes a value.
    pub const fn write(transaction: u32, name: &'static str) -> Self {
        Self { transaction, writes: true, name }
    }

    /// Whether the order of these two steps matters: different transactions, the same value, and a write.
    pub fn conflicts_with(&self, other: &Self) -> bool {
        self.transaction != other.transaction && self.name == other.name && (self.writes || other.writes)
    }
}

/// An order of the transactions, one after the other, in which every two conflicting steps stand as in the
/// schedule; `None` when there is none. Of several orders it is the first by number.
///
/// Draw an arrow from a transaction to another one when a step of the first conflicts with a later step of the
/// second. A serial order exists exactly when the arrows form no cycle. O(n²) for n steps.
///
/// # Examples
///
/// ```
/// use lessons::transaction::{Access, serial_order};
///
/// let fine = [Access::read(1, "x"), Access::write(2, "x"), Access::write(2, "y")];
/// assert_eq!(serial_order(&fine), Some(vec![1, 2]));
/// // Both read before either writes: the lost update.
/// let lost = [Access::read(1, "x"), Access::read(2, "x"), Access::write(1, "x"), Access::write(2, "x")];
/// assert_eq!(serial_order(&lost), None);
/// ```
///
/// # Sources
///
/// K. P. Eswaran, J. N. Gray, R. A. Lorie and I. L. Traiger, "The Notions of Consistency and Predicate Locks in a
/// Database System", Communications of the ACM 19(11), 1976.
pub fn serial_order(schedule: &[Access]) -> Option<Vec<u32>> {
    let mut arrows: BTreeSet<(u32, u32)> = BTreeSet::new();
    for (place, earlier) in schedule.iter().enumerate() {
        for later in schedule[place + 1..].iter().filter(|later| earlier.conflicts_with(later)) {
            arrows.insert((earlier.transaction, later.transaction));
        }
    }
    let mut left: BTreeSet<u32> = schedule.iter().map(|step| step.transaction).collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        // The next is one that nobody who is left must come before.
        let free = |to: &&u32| !left.iter().any(|from| arrows.contains(&(*from, **to)));
        let next = *left.iter().find(free)?;
        left.remove(&next);
        order.push(next);
    }
    Some(order)
}
