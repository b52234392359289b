use check::replication::or_set::*;
use std::collections::BTreeMap;

#[derive(Clone)]
struct CartSet {
    /// Of each element by each node: additions less removals, and how often it was changed.
    counts: BTreeMap<(String, usize), (i64, u64)>,
    node: usize,
}

impl CartSet {
    fn change(&mut self, element: &str, by: i64) {
        let own = self.counts.entry((element.to_owned(), self.node)).or_default();
        *own = (own.0 + by, own.1 + 1);
    }

    fn total(&self, element: &str) -> i64 {
        self.counts.iter().filter(|((other, _), _)| other == element).map(|(_, (count, _))| count).sum()
    }
}

impl OrSetExercise for CartSet {
    fn new(node: usize) -> Self {
        CartSet { counts: BTreeMap::new(), node }
    }

    fn add(&mut self, element: &str) {
        self.change(element, 1);
    }

    fn remove(&mut self, element: &str) {
        self.change(element, -self.total(element).max(1));
    }

    fn contains(&self, element: &str) -> bool {
        self.total(element) > 0
    }

    fn merge(&mut self, other: &Self) {
        for (key, count) in &other.counts {
            let own = self.counts.entry(key.clone()).or_default();
            if count.1 > own.1 {
                *own = *count;
            }
        }
    }
}
