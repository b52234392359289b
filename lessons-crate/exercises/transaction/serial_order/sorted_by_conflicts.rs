use check::transaction::serial_order::*;

use std::cmp::Ordering;

fn order(schedule: &[Access]) -> Option<Vec<u32>> {
    let before = |one: u32, other: u32| {
        schedule.iter().enumerate().any(|(i, a)| {
            let mut later = schedule[i + 1..].iter();
            a.transaction == one && later.any(|b| b.transaction == other && a.conflicts_with(b))
        })
    };
    let mut order: Vec<u32> = Vec::new();
    for step in schedule {
        if !order.contains(&step.transaction) {
            let place = order.iter().position(|other| before(step.transaction, *other));
            order.insert(place.unwrap_or(order.len()), step.transaction);
        }
    }
    Some(order)
}
