fn count(vector: &[u64], node: usize) -> u64 {
    vector.get(node).copied().unwrap_or(0)
}

fn covers(a: &[u64], b: &[u64]) -> bool {
    (0..b.len()).all(|node| count(a, node) >= count(b, node))
}

fn by<T: Ord>(a: T, b: T) -> Causality {
    match a.cmp(&b) {
        std::cmp::Ordering::Less => Causality::Before,
        std::cmp::Ordering::Equal => Causality::Equal,
        std::cmp::Ordering::Greater => Causality::After,
    }
}

fn compare(a: &[u64], b: &[u64]) -> Causality {
    by(a.iter().sum::<u64>(), b.iter().sum::<u64>())
}

fn merge(a: &[u64], b: &[u64]) -> Vec<u64> {
    (0..a.len().max(b.len())).map(|node| count(a, node).max(count(b, node))).collect()
}
