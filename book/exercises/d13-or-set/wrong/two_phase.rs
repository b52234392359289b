use std::collections::BTreeSet;

#[derive(Clone)]
struct CartSet {
    added: BTreeSet<String>,
    removed: BTreeSet<String>,
}

impl OrSetExercise for CartSet {
    fn new(_node: usize) -> Self {
        CartSet { added: BTreeSet::new(), removed: BTreeSet::new() }
    }

    fn add(&mut self, element: &str) {
        self.added.insert(element.to_owned());
    }

    fn remove(&mut self, element: &str) {
        self.removed.insert(element.to_owned());
    }

    fn contains(&self, element: &str) -> bool {
        self.added.contains(element) && !self.removed.contains(element)
    }

    fn merge(&mut self, other: &Self) {
        self.added.extend(other.added.iter().cloned());
        self.removed.extend(other.removed.iter().cloned());
    }
}
