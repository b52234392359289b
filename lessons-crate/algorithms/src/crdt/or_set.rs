//! A set in which an addition wins over a concurrent removal.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Crdt;
use crate::causality::{Dot, VersionVector};
use crate::network::NodeId;

/// An observed-remove set: a removal removes exactly the additions that it has seen.
///
/// Every addition has a dot of its own. A copy remembers which dots it has seen in one version vector, so that
/// a removed element leaves nothing else behind: no tombstones.
///
/// # Complexity
///
/// `add`, `remove` and `contains` are O(log n) besides the dots of one element; `merge` is linear.
///
/// # Examples
///
/// ```
/// use lessons::crdt::{Crdt, OrSet};
///
/// let mut phone = OrSet::new();
/// phone.add("milk", 0);
/// let mut laptop = phone.clone();
/// laptop.remove(&"milk");
/// phone.add("milk", 0); // At the same time, once more.
/// phone.merge(&laptop);
/// assert!(phone.contains(&"milk")); // The second addition was not seen by the removal.
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrSet<T> {
    /// The additions of each element that nobody has removed. Invariant: no empty set of dots.
    elements: BTreeMap<T, BTreeSet<Dot>>,
    /// All additions that this copy knows, removed or not.
    seen: VersionVector,
}

impl<T: Ord> Default for OrSet<T> {
    fn default() -> Self {
        Self { elements: BTreeMap::new(), seen: VersionVector::new() }
    }
}

impl<T: Clone + Ord> OrSet<T> {
    /// Empty.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an element at this node. The new addition replaces those that this copy had seen.
    pub fn add(&mut self, element: T, node: NodeId) {
        let dot = self.seen.increment(node);
        self.elements.insert(element, BTreeSet::from([dot]));
    }

    /// Removes an element, as far as this copy has seen it.
    pub fn remove(&mut self, element: &T) {
        self.elements.remove(element);
    }

    /// Whether the element is in the set.
    pub fn contains(&self, element: &T) -> bool {
        self.elements.contains_key(element)
    }

    /// The elements, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.elements.keys()
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }
}

impl<T: Clone + Ord> Crdt for OrSet<T> {
    fn merge(&mut self, other: &Self) {
        let (seen, theirs) = (&self.seen, &other.elements);
        self.elements.retain(|element, dots| {
            dots.retain(|dot| {
                theirs.get(element).is_some_and(|dots| dots.contains(dot)) || !other.seen.contains(*dot)
            });
            !dots.is_empty()
        });
        for (element, dots) in theirs {
            let new: Vec<Dot> = dots.iter().copied().filter(|dot| !seen.contains(*dot)).collect();
            if !new.is_empty() {
                self.elements.entry(element.clone()).or_default().extend(new);
            }
        }
        self.seen.merge(&other.seen);
    }
}

impl<T: fmt::Display> fmt::Display for OrSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let elements: Vec<String> = self.elements.keys().map(ToString::to_string).collect();
        write!(f, "{{{}}}", elements.join(", "))
    }
}
