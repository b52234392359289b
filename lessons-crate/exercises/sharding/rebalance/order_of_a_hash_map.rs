use std::collections::HashMap;

fn rebalance(owners: &[u64], nodes: &[u64]) -> Vec<u64> {
    let (each, more) = (owners.len() / nodes.len(), owners.len() % nodes.len());
    let count = |node: u64| owners.iter().filter(|&&owner| owner == node).count();
    let mut ranked = nodes.to_vec();
    ranked.sort_by_key(|&node| std::cmp::Reverse(count(node)));
    let quota = |rank: usize| each + usize::from(rank < more);
    let mut room: HashMap<u64, usize> = ranked.iter().enumerate().map(|(rank, node)| (*node, quota(rank))).collect();
    let mut next = owners.to_vec();
    let mut homeless = Vec::new();
    for (slot, owner) in owners.iter().enumerate() {
        match room.get_mut(owner) {
            Some(left) if *left > 0 => *left -= 1,
            _ => homeless.push(slot),
        }
    }
    for slot in homeless {
        let (node, left) = room.iter_mut().find(|(_, left)| **left > 0).unwrap();
        *left -= 1;
        next[slot] = *node;
    }
    next
}
