fn rebalance(owners: &[u64], nodes: &[u64]) -> Vec<u64> {
    // Fills the nodes that have too few from those that have too many.
    let (each, more) = (owners.len() / nodes.len(), owners.len() % nodes.len());
    let mut next = owners.to_vec();
    let count = |next: &[u64], node: u64| next.iter().filter(|&&owner| owner == node).count();
    loop {
        let rich = nodes.iter().copied().max_by_key(|&node| count(&next, node)).unwrap();
        let poor = nodes.iter().copied().min_by_key(|&node| count(&next, node)).unwrap();
        if count(&next, rich) <= count(&next, poor) + 1 {
            let _ = (each, more);
            return next;
        }
        let slot = next.iter().position(|&owner| owner == rich).unwrap();
        next[slot] = poor;
    }
}
