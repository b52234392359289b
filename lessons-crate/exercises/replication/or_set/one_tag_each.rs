use check::replication::or_set::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone)]
struct CartSet {
    node: usize,
    counter: u64,
    tags: BTreeMap<String, (u64, usize)>,
    removed: BTreeSet<(u64, usize)>,
}

impl OrSetExercise for CartSet {
    fn new(node: usize) -> Self {
        CartSet { node, counter: 0, tags: BTreeMap::new(), removed: BTreeSet::new() }
    }

    fn add(&mut self, element: &str) {
        self.counter += 1;
        self.tags.insert(element.to_owned(), (self.counter, self.node));
    }

    fn remove(&mut self, element: &str) {
        if let Some(tag) = self.tags.get(element) {
            self.removed.insert(*tag);
        }
    }

    fn contains(&self, element: &str) -> bool {
        self.tags.get(element).is_some_and(|tag| !self.removed.contains(tag))
    }

    fn merge(&mut self, other: &Self) {
        for (element, tag) in &other.tags {
            let mine = self.tags.entry(element.clone()).or_insert(*tag);
            *mine = (*mine).max(*tag);
        }
        self.removed.extend(&other.removed);
    }
}
