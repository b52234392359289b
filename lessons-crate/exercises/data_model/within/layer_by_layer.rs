use std::collections::{BTreeMap, BTreeSet};

fn within(follows: &[(u32, u32)], start: u32, hops: u32) -> BTreeMap<u32, u32> {
    let mut steps = BTreeMap::from([(start, 0)]);
    let mut layer = BTreeSet::from([start]);
    for step in 1..=hops {
        let next = follows.iter().filter(|(a, _)| layer.contains(a)).map(|(_, b)| *b);
        layer = next.filter(|b| !steps.contains_key(b)).collect();
        steps.extend(layer.iter().map(|who| (*who, step)));
    }
    steps
}
