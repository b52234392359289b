/// How version `a` stands to version `b`: `Causality::Before`, `After`, `Equal` or `Concurrent`.
///
/// Counter `i` says how many events of node `i` the version has seen. A missing counter is 0.
fn compare(a: &[u64], b: &[u64]) -> Causality {
    todo!("has one seen all that the other has?")
}

/// The version that has seen what either has.
fn merge(a: &[u64], b: &[u64]) -> Vec<u64> {
    todo!()
}
