fn rebalance(owners: &[u64], nodes: &[u64]) -> Vec<u64> {
    let each = owners.len() / nodes.len();
    let mut room = vec![each; nodes.len()];
    // What is left over.
    room[0] += owners.len() % nodes.len();
    let mut next = owners.to_vec();
    let mut homeless = Vec::new();
    for (slot, owner) in owners.iter().enumerate() {
        match nodes.iter().position(|node| node == owner) {
            Some(index) if room[index] > 0 => room[index] -= 1,
            _ => homeless.push(slot),
        }
    }
    for slot in homeless {
        let index = room.iter().position(|&left| left > 0).unwrap();
        room[index] -= 1;
        next[slot] = nodes[index];
    }
    next
}
