use std::collections::BTreeMap;

fn within(follows: &[(u32, u32)], start: u32, hops: u32) -> BTreeMap<u32, u32> {
    let mut steps = BTreeMap::from([(start, 0)]);
    for _ in 0..hops {
        let before = steps.clone();
        for (a, b) in follows {
            if let Some(there) = before.get(a) {
                let fewest = steps.entry(*b).or_insert(there + 1);
                *fewest = (*fewest).min(there + 1);
            }
        }
    }
    steps
}
