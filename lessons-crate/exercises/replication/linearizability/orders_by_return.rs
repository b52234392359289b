use check::replication::linearizability::*;

fn find_order(operations: &[Operation]) -> Option<Vec<usize>> {
    let end = |i: usize| operations[i].ret.unwrap_or(f64::INFINITY);
    let mut order: Vec<usize> = (0..operations.len()).collect();
    order.sort_by(|&a, &b| end(a).total_cmp(&end(b)));
    let mut value = 0;
    for &next in &order {
        value = operations[next].apply(value)?;
    }
    Some(order)
}
