use check::replication::linearizability::*;

fn find_order(operations: &[Operation]) -> Option<Vec<usize>> {
    let mut order: Vec<usize> = (0..operations.len()).collect();
    order.sort_by(|&a, &b| operations[a].call.total_cmp(&operations[b].call));
    let mut value = 0;
    for &next in &order {
        value = operations[next].apply(value)?;
    }
    Some(order)
}
