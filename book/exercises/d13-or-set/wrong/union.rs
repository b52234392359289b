use std::collections::BTreeSet;

#[derive(Clone)]
struct CartSet {
    elements: BTreeSet<String>,
}

impl OrSetExercise for CartSet {
    fn new(_node: usize) -> Self {
        CartSet { elements: BTreeSet::new() }
    }

    fn add(&mut self, element: &str) {
        self.elements.insert(element.to_owned());
    }

    fn remove(&mut self, element: &str) {
        self.elements.remove(element);
    }

    fn contains(&self, element: &str) -> bool {
        self.elements.contains(element)
    }

    fn merge(&mut self, other: &Self) {
        self.elements.extend(other.elements.iter().cloned());
    }
}
