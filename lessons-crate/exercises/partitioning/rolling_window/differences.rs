use check::partitioning::rolling_window::*;
use std::collections::BTreeSet;

fn plan(now: Month, have: &BTreeSet<Month>, keep: u32, ahead: u32) -> Vec<RetentionStep> {
    let mut window = BTreeSet::new();
    for n in -i64::from(keep)..=i64::from(ahead) {
        window.insert(now.plus(n as i32));
    }
    let mut steps: Vec<RetentionStep> = Vec::new();
    for month in window.difference(have) {
        steps.push(RetentionStep::Create(*month));
    }
    for month in have.range(..now.plus(-(keep as i32))) {
        steps.push(RetentionStep::Detach(*month));
    }
    steps
}
