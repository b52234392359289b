use std::collections::BTreeSet;

/// An order of the transactions in which every two conflicting steps stand as in the schedule; `None` if
/// there is none.
fn order(schedule: &[Access]) -> Option<Vec<u32>> {
    let mut order = Vec::new();
    for step in schedule {
        if !order.contains(&step.transaction) {
            order.push(step.transaction);
        }
    }
    Some(order)
}
