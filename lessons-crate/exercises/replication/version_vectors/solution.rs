fn count(vector: &[u64], node: usize) -> u64 {
    vector.get(node).copied().unwrap_or(0)
}

fn covers(a: &[u64], b: &[u64]) -> bool {
    (0..b.len()).all(|node| count(a, node) >= count(b, node))
}

fn compare(a: &[u64], b: &[u64]) -> Causality {
    match (covers(a, b), covers(b, a)) {
        (true, true) => Causality::Equal,
        (true, false) => Causality::After,
        (false, true) => Causality::Before,
        (false, false) => Causality::Concurrent,
    }
}

fn merge(a: &[u64], b: &[u64]) -> Vec<u64> {
    (0..a.len().max(b.len())).map(|node| count(a, node).max(count(b, node))).collect()
}
