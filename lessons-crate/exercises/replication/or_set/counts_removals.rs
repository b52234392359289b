use check::replication::or_set::*;
use std::collections::BTreeMap;

/// How often each node has added and removed an element.
type Counts = BTreeMap<(String, usize), u64>;

#[derive(Clone)]
struct CartSet {
    node: usize,
    added: Counts,
    removed: Counts,
}

fn total(counts: &Counts, element: &str) -> u64 {
    counts.iter().filter(|((other, _), _)| other == element).map(|(_, count)| count).sum()
}

fn join(counts: &mut Counts, other: &Counts) {
    for (key, count) in other {
        let own = counts.entry(key.clone()).or_default();
        *own = (*own).max(*count);
    }
}

impl OrSetExercise for CartSet {
    fn new(node: usize) -> Self {
        CartSet { node, added: Counts::new(), removed: Counts::new() }
    }

    fn add(&mut self, element: &str) {
        *self.added.entry((element.to_owned(), self.node)).or_default() += 1;
    }

    fn remove(&mut self, element: &str) {
        // As many as there are.
        let count = total(&self.added, element).saturating_sub(total(&self.removed, element));
        *self.removed.entry((element.to_owned(), self.node)).or_default() += count;
    }

    fn contains(&self, element: &str) -> bool {
        total(&self.added, element) > total(&self.removed, element)
    }

    fn merge(&mut self, other: &Self) {
        join(&mut self.added, &other.added);
        join(&mut self.removed, &other.removed);
    }
}
