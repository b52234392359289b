fn rebalance(owners: &[u64], nodes: &[u64]) -> Vec<u64> {
    let mut next = owners.to_vec();
    loop {
        let count = |node: &u64| next.iter().filter(|owner| *owner == node).count();
        let emptiest = nodes.iter().min_by_key(|node| count(node)).copied().unwrap();
        let fullest = nodes.iter().max_by_key(|node| count(node)).copied().unwrap();
        // First those without a node.
        let homeless = next.iter().position(|owner| !nodes.contains(owner));
        let slot = match homeless {
            Some(slot) => slot,
            None if count(&fullest) - count(&emptiest) > 1 => {
                next.iter().position(|owner| *owner == fullest).unwrap()
            }
            None => return next,
        };
        next[slot] = emptiest;
    }
}
