use check::replication::linearizability::*;

fn find_order(operations: &[Operation]) -> Option<Vec<usize>> {
    let mut order: Vec<usize> = (0..operations.len()).collect();
    order.sort_by(|&a, &b| operations[a].call.total_cmp(&operations[b].call));
    let explained = |value: u64| {
        value == 0 || operations.iter().any(|operation| operation.action == consistency::Action::Write(value))
    };
    let all = operations.iter().all(|operation| match operation.action {
        consistency::Action::Read(value) => explained(value),
        _ => true,
    });
    all.then_some(order)
}
