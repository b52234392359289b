use std::collections::{BTreeMap, VecDeque};

/// Everyone whom `start` reaches over at most `hops` edges, with the fewest edges to each; itself with 0.
///
/// An edge (a, b) says that a follows b.
fn within(follows: &[(u32, u32)], start: u32, hops: u32) -> BTreeMap<u32, u32> {
    let mut steps = BTreeMap::from([(start, 0)]);
    let mut queue = VecDeque::from([start]);
    while let Some(who) = queue.pop_front() {
        let next = steps[&who] + 1;
        if next > hops {
            break;
        }
        for &(a, b) in follows {
            for (from, to) in [(a, b), (b, a)] {
                if from == who && !steps.contains_key(&to) {
                    steps.insert(to, next);
                    queue.push_back(to);
                }
            }
        }
    }
    steps
}
