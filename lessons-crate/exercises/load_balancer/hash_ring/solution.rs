use check::load_balancer::hash_ring::*;
use std::collections::BTreeMap;

struct Ring {
    virtual_nodes: usize,
    points: BTreeMap<u64, String>,
}

impl RingExercise for Ring {
    fn new(virtual_nodes: usize) -> Self {
        Self { virtual_nodes, points: BTreeMap::new() }
    }

    fn add(&mut self, node: &str) {
        for replica in 0..self.virtual_nodes {
            self.points.insert(hash::hash_str(node, replica as u64), node.to_owned());
        }
    }

    fn remove(&mut self, node: &str) {
        self.points.retain(|_, owner| owner != node);
    }

    fn node(&self, key: &str) -> Option<&str> {
        let point = hash::hash_str(key, u64::MAX);
        let next = self.points.range(point..).next();
        next.or_else(|| self.points.iter().next()).map(|(_, node)| node.as_str())
    }
}
