use check::replication::or_set::*;
use std::collections::BTreeMap;

#[derive(Clone)]
struct CartSet {
    /// Of each element how often it was changed, and whether it is in.
    changes: BTreeMap<String, (u64, bool)>,
}

impl CartSet {
    fn change(&mut self, element: &str, is_in: bool) {
        let entry = self.changes.entry(element.to_owned()).or_default();
        *entry = (entry.0 + 1, is_in);
    }
}

impl OrSetExercise for CartSet {
    fn new(_node: usize) -> Self {
        CartSet { changes: BTreeMap::new() }
    }

    fn add(&mut self, element: &str) {
        self.change(element, true);
    }

    fn remove(&mut self, element: &str) {
        self.change(element, false);
    }

    fn contains(&self, element: &str) -> bool {
        self.changes.get(element).is_some_and(|(_, is_in)| *is_in)
    }

    fn merge(&mut self, other: &Self) {
        for (element, &(count, is_in)) in &other.changes {
            let own = self.changes.entry(element.clone()).or_default();
            if count > own.0 {
                *own = (count, is_in);
            }
        }
    }
}
