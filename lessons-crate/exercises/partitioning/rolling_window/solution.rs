use check::partitioning::rolling_window::*;

fn plan(now: Month, have: &std::collections::BTreeSet<Month>, keep: u32, ahead: u32) -> Vec<RetentionStep> {
    let (first, last) = (now.plus(-(keep as i32)), now.plus(ahead as i32));
    let missing = (0..=last.since(first)).map(|n| first.plus(n)).filter(|month| !have.contains(month));
    let old = have.iter().copied().filter(|&month| month < first);
    missing.map(RetentionStep::Create).chain(old.map(RetentionStep::Detach)).collect()
}
