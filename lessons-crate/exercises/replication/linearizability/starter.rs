use check::replication::linearizability::*;

/// The operations in an order that explains every answer and respects real time, as indices; `None` when
/// there is no such order. The register starts with 0.
///
/// `a.precedes(&b)` says whether `a` was answered before `b` was asked; `a.apply(value)` is the register after
/// `a`, or `None` when `a` cannot have happened on a register that holds `value`.
fn find_order(operations: &[Operation]) -> Option<Vec<usize>> {
    todo!("what may come next?")
}
