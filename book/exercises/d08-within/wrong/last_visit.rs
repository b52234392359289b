use std::collections::{BTreeMap, VecDeque};

/// Everyone whom `start` reaches over at most `hops` edges, with the fewest edges to each; itself with 0.
///
/// An edge (a, b) says that a follows b.
fn within(follows: &[(u32, u32)], start: u32, hops: u32) -> BTreeMap<u32, u32> {
    let mut steps = BTreeMap::from([(start, 0)]);
    let mut near = vec![start];
    for step in 1..=hops {
        let mut far: Vec<u32> =
            follows.iter().filter(|(a, _)| near.contains(a)).map(|(_, b)| *b).collect();
        far.sort();
        far.dedup();
        for &to in &far {
            steps.insert(to, step);
        }
        near = far;
    }
    steps
}
