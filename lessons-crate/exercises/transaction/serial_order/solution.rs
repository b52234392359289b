use check::transaction::serial_order::*;
use std::collections::BTreeSet;

/// An order of the transactions in which every two conflicting steps stand as in the schedule; `None` if
/// there is none.
fn order(schedule: &[Access]) -> Option<Vec<u32>> {
    let mut arrows = BTreeSet::new();
    for (i, a) in schedule.iter().enumerate() {
        for b in &schedule[i + 1..] {
            if a.conflicts_with(b) {
                arrows.insert((a.transaction, b.transaction));
            }
        }
    }
    let mut left: BTreeSet<u32> = schedule.iter().map(|step| step.transaction).collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        let free = |to: &&u32| !left.iter().any(|from| arrows.contains(&(*from, **to)));
        let next = *left.iter().find(free)?;
        left.remove(&next);
        order.push(next);
    }
    Some(order)
}
