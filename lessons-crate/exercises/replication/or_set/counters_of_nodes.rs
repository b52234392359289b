use check::replication::or_set::*;
use std::collections::BTreeMap;

#[derive(Clone)]
struct CartSet {
    node: usize,
    /// For each element and node: how many additions there were, and up to which one they are removed.
    seen: BTreeMap<(String, usize), (u64, u64)>,
}

impl OrSetExercise for CartSet {
    fn new(node: usize) -> Self {
        CartSet { node, seen: BTreeMap::new() }
    }

    fn add(&mut self, element: &str) {
        self.seen.entry((element.to_owned(), self.node)).or_default().0 += 1;
    }

    fn remove(&mut self, element: &str) {
        for ((other, _), (added, removed)) in &mut self.seen {
            if other == element {
                *removed = *added;
            }
        }
    }

    fn contains(&self, element: &str) -> bool {
        self.seen.iter().any(|((other, _), (added, removed))| other == element && added > removed)
    }

    fn merge(&mut self, other: &Self) {
        for (key, (added, removed)) in &other.seen {
            let own = self.seen.entry(key.clone()).or_default();
            *own = (own.0.max(*added), own.1.max(*removed));
        }
    }
}
