fn rebalance(owners: &[u64], nodes: &[u64]) -> Vec<u64> {
    let (each, more) = (owners.len() / nodes.len(), owners.len() % nodes.len());
    let count = |node: u64| owners.iter().filter(|&&owner| owner == node).count();
    // Who has most may keep one more.
    let mut nodes = nodes.to_vec();
    nodes.sort_by_key(|&node| std::cmp::Reverse(count(node)));
    let mut room: Vec<usize> = (0..nodes.len()).map(|rank| each + usize::from(rank < more)).collect();
    let mut next = owners.to_vec();
    let mut homeless = Vec::new();
    for (slot, owner) in owners.iter().enumerate() {
        match nodes.iter().position(|node| node == owner) {
            Some(rank) if room[rank] > 0 => room[rank] -= 1,
            _ => homeless.push(slot),
        }
    }
    for slot in homeless {
        let rank = room.iter().position(|&left| left > 0).unwrap();
        room[rank] -= 1;
        next[slot] = nodes[rank];
    }
    next
}
