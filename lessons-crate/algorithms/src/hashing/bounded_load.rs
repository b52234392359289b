//! A ring on which no node gets much more than its share.

use super::HashRing;

/// Consistent hashing with bounded loads: a key goes to the first node after it on the ring that is not
/// full. Full is (1 + ε) times the mean load, rounded up.
///
/// The placement depends on what is placed already, so keys must be placed and taken away one by one. A
/// placement walks O(1/ε²) points on average.
///
/// # Sources
///
/// V. Mirrokni, M. Thorup, M. Zadimoghaddam, "Consistent Hashing with Bounded Loads", SODA 2018,
/// doi:10.1137/1.9781611975031.39.
///
/// # Examples
///
/// ```
/// use lessons::hashing::BoundedLoad;
///
/// let mut placement = BoundedLoad::new(&[0, 1, 2, 3], 100, 0.25);
/// for key in 0..1_000 {
///     placement.place(key);
/// }
/// assert!(placement.loads().iter().all(|&load| load <= 313));
/// ```
#[derive(Clone, Debug)]
pub struct BoundedLoad {
    ring: HashRing,
    nodes: Vec<u64>,
    loads: Vec<u64>,
    placed: u64,
    epsilon: f64,
}

impl BoundedLoad {
    /// These nodes at `virtual_nodes` points each, none with more than (1 + `epsilon`) times the mean.
    ///
    /// # Panics
    ///
    /// When there is no node or no virtual node, or `epsilon` is not above 0.
    pub fn new(nodes: &[u64], virtual_nodes: u64, epsilon: f64) -> Self {
        assert!(epsilon > 0.0, "the room above the mean must be above 0, not {epsilon}");
        let mut nodes = nodes.to_vec();
        nodes.sort_unstable();
        nodes.dedup();
        let ring = HashRing::new(&nodes, virtual_nodes);
        Self { ring, loads: vec![0; nodes.len()], nodes, placed: 0, epsilon }
    }

    /// The most keys that a node may hold when this many are placed.
    pub fn capacity(&self, placed: u64) -> u64 {
        ((1.0 + self.epsilon) * placed as f64 / self.nodes.len() as f64).ceil() as u64
    }

    fn index(&self, node: u64) -> usize {
        self.nodes.binary_search(&node).expect("the ring has only these nodes")
    }

    /// Places one more key, and says where.
    pub fn place(&mut self, key: u64) -> u64 {
        self.placed += 1;
        let capacity = self.capacity(self.placed);
        let walk = self.ring.walk(key);
        let index = walk.map(|node| self.index(node)).find(|&index| self.loads[index] < capacity);
        let Some(index) = index else {
            unreachable!("the capacities together are at least the number of keys, so some node has room");
        };
        self.loads[index] += 1;
        self.nodes[index]
    }

    /// Takes a key away from the node where it was placed.
    ///
    /// # Panics
    ///
    /// When the node does not exist or holds nothing.
    pub fn take(&mut self, node: u64) {
        let index = self.index(node);
        assert!(self.loads[index] > 0, "node {node} holds no key");
        self.loads[index] -= 1;
        self.placed -= 1;
    }

    /// How many keys each node holds, by increasing node.
    pub fn loads(&self) -> &[u64] {
        &self.loads
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_load_is_above_the_bound(nodes in 1u64..12, keys in 1u64..600, epsilon in 0.01f64..1.0) {
            let nodes: Vec<u64> = (0..nodes).collect();
            let mut placement = BoundedLoad::new(&nodes, 10, epsilon);
            for key in 0..keys {
                placement.place(key);
                let bound = placement.capacity(key + 1);
                prop_assert!(placement.loads().iter().all(|&load| load <= bound));
            }
            prop_assert_eq!(placement.loads().iter().sum::<u64>(), keys);
        }
    }

    #[test]
    fn what_is_taken_away_makes_room() {
        let mut placement = BoundedLoad::new(&[7, 9], 10, 0.1);
        let node = placement.place(1);
        placement.take(node);
        assert_eq!(placement.loads(), [0, 0]);
        assert_eq!(placement.place(1), node);
    }
}
