/// The new owner of each slot: `owners` are the nodes that have the slots now, `nodes`
/// those that are to share them, each listed once. Any two nodes differ by one slot at
/// most, and as few slots as possible move.
fn rebalance(owners: &[u64], nodes: &[u64]) -> Vec<u64> {
    todo!("which slots must leave, and who may take them?")
}
