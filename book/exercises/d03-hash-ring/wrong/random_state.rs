use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};

struct Ring {
    virtual_nodes: usize,
    points: BTreeMap<u64, String>,
    state: RandomState,
}

impl RingExercise for Ring {
    fn new(virtual_nodes: usize) -> Self {
        Self { virtual_nodes, points: BTreeMap::new(), state: RandomState::new() }
    }

    fn add(&mut self, node: &str) {
        for replica in 0..self.virtual_nodes {
            self.points.insert(self.state.hash_one((node, replica)), node.to_owned());
        }
    }

    fn remove(&mut self, node: &str) {
        self.points.retain(|_, owner| owner != node);
    }

    fn node(&self, key: &str) -> Option<&str> {
        let point = self.state.hash_one(key);
        let next = self.points.range(point..).next();
        next.or_else(|| self.points.iter().next()).map(|(_, node)| node.as_str())
    }
}
