use std::collections::{BTreeMap, VecDeque};

/// Everyone whom `start` reaches over at most `hops` edges, with the fewest edges to each; itself with 0.
///
/// An edge (a, b) says that a follows b.
fn within(follows: &[(u32, u32)], start: u32, hops: u32) -> BTreeMap<u32, u32> {
    let mut out: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (a, b) in follows {
        out.entry(*a).or_default().push(*b);
    }
    let mut steps = BTreeMap::from([(start, 0)]);
    let mut queue = VecDeque::from([start]);
    while let Some(who) = queue.pop_front() {
        let next = steps[&who] + 1;
        if next > hops {
            break;
        }
        for &to in out.get(&who).into_iter().flatten() {
            if !steps.contains_key(&to) {
                steps.insert(to, next);
                queue.push_back(to);
            }
        }
    }
    steps
}
