fn padded(vector: &[u64]) -> Vec<u64> {
    let mut padded = vector.to_vec();
    padded.resize(vector.len().max(8), 0);
    padded
}

fn compare(a: &[u64], b: &[u64]) -> Causality {
    let (a, b) = (padded(a), padded(b));
    let less = a.iter().zip(&b).any(|(a, b)| a < b);
    let more = a.iter().zip(&b).any(|(a, b)| a > b);
    if less && more {
        Causality::Concurrent
    } else if less {
        Causality::Before
    } else if more {
        Causality::After
    } else {
        Causality::Equal
    }
}

fn merge(a: &[u64], b: &[u64]) -> Vec<u64> {
    padded(a).iter().zip(padded(b)).map(|(a, b)| *a.max(&b)).collect()
}
