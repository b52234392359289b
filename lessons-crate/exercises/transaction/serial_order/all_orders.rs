use check::transaction::serial_order::*;

fn orders(left: Vec<u32>) -> Vec<Vec<u32>> {
    if left.is_empty() {
        return vec![left];
    }
    let mut all = Vec::new();
    for last in &left {
        let rest = left.iter().copied().filter(|id| id != last).collect();
        all.extend(orders(rest).into_iter().map(|mut order| {
            order.push(*last);
            order
        }));
    }
    all
}

fn order(schedule: &[Access]) -> Option<Vec<u32>> {
    let mut ids: Vec<u32> = schedule.iter().map(|step| step.transaction).collect();
    ids.sort();
    ids.dedup();
    let fits = |order: &Vec<u32>| {
        let place = |step: &Access| order.iter().position(|id| *id == step.transaction);
        schedule.iter().enumerate().all(|(i, a)| {
            schedule[i..].iter().all(|b| !a.conflicts_with(b) || place(a) < place(b))
        })
    };
    orders(ids).into_iter().find(fits)
}
