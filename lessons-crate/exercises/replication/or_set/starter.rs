use check::replication::or_set::*;
use std::collections::BTreeSet;

/// A set of which each node has a copy; additions win over concurrent removals.
#[derive(Clone)]
struct CartSet {
    node: usize,
    // What does a copy have to remember?
}

impl OrSetExercise for CartSet {
    fn new(node: usize) -> Self {
        CartSet { node }
    }

    fn add(&mut self, element: &str) {
        todo!("every addition is one of its own")
    }

    fn remove(&mut self, element: &str) {
        todo!("exactly the additions that this copy has seen")
    }

    fn contains(&self, element: &str) -> bool {
        todo!()
    }

    fn merge(&mut self, other: &Self) {
        todo!("all that either copy knows")
    }
}
