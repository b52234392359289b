fn compare(a: &[u64], b: &[u64]) -> Causality {
    let n = a.len().max(b.len());
    let count = |v: &[u64], node: usize| v.get(node).copied().unwrap_or(0);
    if (0..n).all(|i| count(a, i) == count(b, i)) {
        Causality::Equal
    } else if (0..n).all(|i| count(a, i) > count(b, i)) {
        Causality::After
    } else if (0..n).all(|i| count(a, i) < count(b, i)) {
        Causality::Before
    } else {
        Causality::Concurrent
    }
}

fn merge(a: &[u64], b: &[u64]) -> Vec<u64> {
    (0..a.len().max(b.len())).map(|i| a.get(i).max(b.get(i)).copied().unwrap_or(0)).collect()
}
