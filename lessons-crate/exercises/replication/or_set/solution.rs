use check::replication::or_set::*;
use std::collections::BTreeSet;

/// Which addition: the node that made it, and its counter there.
type Tag = (usize, u64);

#[derive(Clone)]
struct CartSet {
    node: usize,
    counter: u64,
    added: BTreeSet<(String, Tag)>,
    removed: BTreeSet<Tag>,
}

impl OrSetExercise for CartSet {
    fn new(node: usize) -> Self {
        CartSet { node, counter: 0, added: BTreeSet::new(), removed: BTreeSet::new() }
    }

    fn add(&mut self, element: &str) {
        self.counter += 1;
        self.added.insert((element.to_owned(), (self.node, self.counter)));
    }

    fn remove(&mut self, element: &str) {
        let seen = self.added.iter().filter(|(other, _)| other == element).map(|(_, tag)| *tag);
        self.removed.extend(seen);
    }

    fn contains(&self, element: &str) -> bool {
        self.added.iter().any(|(other, tag)| other == element && !self.removed.contains(tag))
    }

    fn merge(&mut self, other: &Self) {
        self.added.extend(other.added.iter().cloned());
        self.removed.extend(other.removed.iter().copied());
    }
}
