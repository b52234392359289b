use check::transaction::serial_order::*;

fn order(schedule: &[Access]) -> Option<Vec<u32>> {
    let mut order: Vec<u32> = schedule.iter().map(|step| step.transaction).collect();
    order.sort();
    order.dedup();
    Some(order)
}
