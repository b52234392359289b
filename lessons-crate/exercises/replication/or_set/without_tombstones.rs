use check::replication::or_set::*;
use std::collections::{BTreeMap, BTreeSet};

type Addition = (String, usize, u64);

#[derive(Clone)]
struct CartSet {
    node: usize,
    /// Up to which addition of each node everything was seen.
    seen: BTreeMap<usize, u64>,
    present: BTreeSet<Addition>,
}

impl CartSet {
    fn has_seen(&self, (_, node, number): &Addition) -> bool {
        self.seen.get(node).is_some_and(|newest| newest >= number)
    }
}

impl OrSetExercise for CartSet {
    fn new(node: usize) -> Self {
        CartSet { node, seen: BTreeMap::new(), present: BTreeSet::new() }
    }

    fn add(&mut self, element: &str) {
        let number = self.seen.entry(self.node).or_default();
        *number += 1;
        self.present.insert((element.to_owned(), self.node, *number));
    }

    fn remove(&mut self, element: &str) {
        self.present.retain(|(other, ..)| other != element);
    }

    fn contains(&self, element: &str) -> bool {
        self.present.iter().any(|(other, ..)| other == element)
    }

    fn merge(&mut self, other: &Self) {
        let news: Vec<Addition> = other.present.iter().filter(|one| !self.has_seen(one)).cloned().collect();
        self.present.retain(|one| other.present.contains(one) || !other.has_seen(one));
        self.present.extend(news);
        for (node, number) in &other.seen {
            let newest = self.seen.entry(*node).or_default();
            *newest = (*newest).max(*number);
        }
    }
}
