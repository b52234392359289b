fn rebalance(owners: &[u64], nodes: &[u64]) -> Vec<u64> {
    (0..owners.len()).map(|slot| nodes[slot * nodes.len() / owners.len()]).collect()
}
