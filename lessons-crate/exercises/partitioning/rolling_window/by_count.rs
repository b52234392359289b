use check::partitioning::rolling_window::*;

fn plan(now: Month, have: &std::collections::BTreeSet<Month>, keep: u32, ahead: u32) -> Vec<RetentionStep> {
    let (first, last) = (now.plus(-(keep as i32)), now.plus(ahead as i32));
    let missing: Vec<Month> =
        (0..=last.since(first)).map(|n| first.plus(n)).filter(|month| !have.contains(month)).collect();
    let too_many = (have.len() + missing.len()).saturating_sub((keep + ahead + 1) as usize);
    let old = have.iter().copied().take(too_many);
    missing.iter().copied().map(RetentionStep::Create).chain(old.map(RetentionStep::Detach)).collect()
}
