fn rebalance(owners: &[u64], nodes: &[u64]) -> Vec<u64> {
    let mut next = owners.to_vec();
    for slot in 0..next.len() {
        if !nodes.contains(&next[slot]) {
            let count = |node: u64| next.iter().filter(|&&owner| owner == node).count();
            next[slot] = nodes.iter().copied().min_by_key(|&node| count(node)).unwrap();
        }
    }
    next
}
