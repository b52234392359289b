use check::transaction::serial_order::*;

use std::collections::{BTreeMap, BTreeSet};

/// Puts a transaction behind all that come after it; false when it is met again on the way.
fn visit(id: u32, after: &BTreeMap<u32, BTreeSet<u32>>, open: &mut BTreeSet<u32>, done: &mut Vec<u32>) -> bool {
    if done.contains(&id) {
        return true;
    }
    if !open.insert(id) {
        return false;
    }
    let all = after[&id].iter().rev().all(|next| visit(*next, after, open, done));
    done.push(id);
    all
}

fn order(schedule: &[Access]) -> Option<Vec<u32>> {
    let mut after: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for (number, step) in schedule.iter().enumerate() {
        let later = schedule[number..].iter().filter(|later| step.conflicts_with(later));
        after.entry(step.transaction).or_default().extend(later.map(|later| later.transaction));
    }
    let (mut open, mut done) = (BTreeSet::new(), Vec::new());
    for id in after.keys() {
        if !visit(*id, &after, &mut open, &mut done) {
            return None;
        }
    }
    done.reverse();
    Some(done)
}
