use check::transaction::serial_order::*;
use std::collections::BTreeSet;

/// An order of the transactions in which every two conflicting steps stand as in the schedule; `None` if
/// there is none.
fn order(schedule: &[Access]) -> Option<Vec<u32>> {
    todo!("which pairs of steps may not change places?")
}
