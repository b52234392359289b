use check::transaction::serial_order::*;

fn order(schedule: &[Access]) -> Option<Vec<u32>> {
    let mut order: Vec<u32> = Vec::new();
    for step in schedule {
        order.retain(|other| *other != step.transaction);
        order.push(step.transaction);
    }
    Some(order)
}
