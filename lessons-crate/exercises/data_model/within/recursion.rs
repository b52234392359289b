use std::collections::BTreeMap;

fn visit(follows: &[(u32, u32)], who: u32, at: u32, hops: u32, steps: &mut BTreeMap<u32, u32>) {
    if at > hops || steps.contains_key(&who) {
        return;
    }
    steps.insert(who, at);
    for (a, b) in follows {
        if *a == who {
            visit(follows, *b, at + 1, hops, steps);
        }
    }
}

fn within(follows: &[(u32, u32)], start: u32, hops: u32) -> BTreeMap<u32, u32> {
    let mut steps = BTreeMap::new();
    visit(follows, start, 0, hops, &mut steps);
    steps
}
