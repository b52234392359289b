fn compare(a: &[u64], b: &[u64]) -> Causality {
    let count = |v: &[u64], node: usize| v.get(node).copied().unwrap_or(0);
    let covers = |a: &[u64], b: &[u64]| (0..b.len()).all(|node| count(a, node) >= count(b, node));
    if a == b {
        Causality::Equal
    } else if covers(a, b) {
        Causality::After
    } else {
        Causality::Before
    }
}

fn merge(a: &[u64], b: &[u64]) -> Vec<u64> {
    (0..a.len().max(b.len())).map(|i| a.get(i).max(b.get(i)).copied().unwrap_or(0)).collect()
}
