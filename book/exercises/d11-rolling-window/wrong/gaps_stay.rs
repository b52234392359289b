fn plan(now: Month, have: &std::collections::BTreeSet<Month>, keep: u32, ahead: u32) -> Vec<RetentionStep> {
    let (first, last) = (now.plus(-(keep as i32)), now.plus(ahead as i32));
    let next = have.last().map_or(first, |newest| newest.plus(1));
    let missing = (0..=last.since(next)).map(|n| next.plus(n));
    let old = have.iter().copied().filter(|&month| month < first);
    missing.map(RetentionStep::Create).chain(old.map(RetentionStep::Detach)).collect()
}
