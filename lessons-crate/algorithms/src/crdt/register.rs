//! Registers: last writer wins, or all concurrent values are kept.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::Crdt;
use crate::causality::{Dot, VersionVector};
use crate::network::NodeId;

/// One value; of two, the one with the later timestamp stays.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use lessons::crdt::{Crdt, LwwRegister};
///
/// let (mut here, mut there) = (LwwRegister::new(), LwwRegister::new());
/// here.set("blue", Duration::from_millis(10), 0);
/// there.set("red", Duration::from_millis(9), 1); // Written later, by a clock that is behind.
/// here.merge(&there);
/// assert_eq!(here.get(), Some(&"blue"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LwwRegister<T> {
    /// The value with its stamp: the clock, and the node for those that are equal.
    stored: Option<((Duration, NodeId), T)>,
}

impl<T: Clone + PartialEq> LwwRegister<T> {
    /// Without a value.
    pub fn new() -> Self {
        Self { stored: None }
    }

    /// Sets the value, as of this reading of the node's clock. A clock that is behind what the copy has already
    /// seen sets nothing: the older stamp loses at once.
    pub fn set(&mut self, value: T, clock: Duration, node: NodeId) {
        self.merge(&Self { stored: Some(((clock, node), value)) });
    }

    /// The value with the latest timestamp.
    pub fn get(&self) -> Option<&T> {
        self.stored.as_ref().map(|(_, value)| value)
    }
}

impl<T: Clone + PartialEq> Crdt for LwwRegister<T> {
    fn merge(&mut self, other: &Self) {
        let stamp = |copy: &Self| copy.stored.as_ref().map(|(stamp, _)| *stamp);
        if stamp(other) > stamp(self) {
            self.stored.clone_from(&other.stored);
        }
    }
}

impl<T: fmt::Display> fmt::Display for LwwRegister<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.stored {
            Some((_, value)) => write!(f, "{value}"),
            None => f.write_str("nothing"),
        }
    }
}

/// All values that no other replaced knowingly: one, or several siblings after concurrent writes.
///
/// # Examples
///
/// ```
/// use lessons::crdt::{Crdt, MvRegister};
///
/// let (mut here, mut there) = (MvRegister::new(), MvRegister::new());
/// here.set("blue", 0);
/// there.set("red", 1);
/// here.merge(&there);
/// assert_eq!(here.values(), [&"blue", &"red"]);
/// here.set("violet", 0); // Replaces what it has seen: both.
/// there.merge(&here);
/// assert_eq!(there.values(), [&"violet"]);
/// ```
///
/// # Sources
///
/// G. DeCandia et al., "Dynamo: Amazon's Highly Available Key-value Store", SOSP 2007; with a dot per value, as
/// in N. Preguiça et al., PODC 2012, so that no sibling is lost and none is false.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MvRegister<T> {
    /// Each value with the write that made it.
    values: BTreeMap<Dot, T>,
    /// All writes that this copy knows, replaced or not.
    seen: VersionVector,
}

impl<T: Clone + PartialEq> MvRegister<T> {
    /// Without a value.
    pub fn new() -> Self {
        Self { values: BTreeMap::new(), seen: VersionVector::new() }
    }

    /// Sets the value at this node, in place of all values that this copy has.
    pub fn set(&mut self, value: T, node: NodeId) {
        self.values.clear();
        let dot = self.seen.increment(node);
        self.values.insert(dot, value);
    }

    /// Sets the value at this node in place of those that `seen` covers: what a client read before. Values that
    /// came since stay beside it, as siblings.
    pub fn replace(&mut self, value: T, node: NodeId, seen: &VersionVector) {
        self.values.retain(|dot, _| !seen.contains(*dot));
        self.seen.merge(seen);
        let dot = self.seen.increment(node);
        self.values.insert(dot, value);
    }

    /// The siblings; one value when there is no conflict.
    pub fn values(&self) -> Vec<&T> {
        self.values.values().collect()
    }

    /// What this copy has seen.
    pub fn version(&self) -> &VersionVector {
        &self.seen
    }
}

impl<T: Clone + PartialEq> Crdt for MvRegister<T> {
    fn merge(&mut self, other: &Self) {
        // A value that one copy lacks although it has seen its write was replaced there.
        self.values.retain(|dot, _| other.values.contains_key(dot) || !other.seen.contains(*dot));
        for (dot, value) in &other.values {
            if !self.seen.contains(*dot) {
                self.values.insert(*dot, value.clone());
            }
        }
        self.seen.merge(&other.seen);
    }
}

impl<T: fmt::Display> fmt::Display for MvRegister<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values: Vec<String> = self.values.values().map(ToString::to_string).collect();
        f.write_str(if values.is_empty() { "nothing" } else { "" })?;
        f.write_str(&values.join(" | "))
    }
}
