use check::load_balancer::hash_ring::*;

struct Ring {
    nodes: Vec<String>,
}

impl RingExercise for Ring {
    fn new(virtual_nodes: usize) -> Self {
        Self { nodes: Vec::new() }
    }

    fn add(&mut self, node: &str) {
        if !self.nodes.iter().any(|owner| owner == node) {
            self.nodes.push(node.to_owned());
            self.nodes.sort();
        }
    }

    fn remove(&mut self, node: &str) {
        self.nodes.retain(|owner| owner != node);
    }

    fn node(&self, key: &str) -> Option<&str> {
        if self.nodes.is_empty() {
            return None;
        }
        let index = hash::hash_str(key, 0) % self.nodes.len() as u64;
        Some(&self.nodes[index as usize])
    }
}
