use check::load_balancer::hash_ring::*;
use std::collections::BTreeMap;

struct Ring {
    virtual_nodes: usize,
    /// Point on the ring and the node that stands there.
    points: BTreeMap<u64, String>,
}

impl RingExercise for Ring {
    fn new(virtual_nodes: usize) -> Self {
        Self { virtual_nodes, points: BTreeMap::new() }
    }

    fn add(&mut self, node: &str) {
        todo!("use hash::hash_str(text, seed)")
    }

    fn remove(&mut self, node: &str) {
        todo!()
    }

    /// The node at the first point at or after the hash of the key; none when the ring is empty.
    fn node(&self, key: &str) -> Option<&str> {
        todo!()
    }
}
