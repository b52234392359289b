use std::collections::{BTreeMap, VecDeque};

/// Everyone whom `start` reaches over at most `hops` edges, with the fewest edges to each; itself with 0.
///
/// An edge (a, b) says that a follows b.
fn within(follows: &[(u32, u32)], start: u32, hops: u32) -> BTreeMap<u32, u32> {
    todo!("`start` at 0 steps, then those at 1 step, at 2, ... up to `hops`")
}
