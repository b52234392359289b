use check::partitioning::rolling_window::*;

/// The steps after which there is a partition for each month from `keep` before `now`
/// to `ahead` after it, and none for an earlier month; partitions of later months stay.
/// First those that are missing are made, then the old ones are taken out, each time
/// the oldest first. `have` are the months that have a partition.
fn plan(now: Month, have: &std::collections::BTreeSet<Month>, keep: u32, ahead: u32) -> Vec<RetentionStep> {
    todo!("which months should there be?")
}
