fn candidate_keys(all: AttrSet, fds: &[Fd]) -> Vec<AttrSet> {
    let mut named = AttrSet::EMPTY;
    for fd in fds {
        named = named | fd.lhs | fd.rhs;
    }
    let all = if fds.is_empty() { all } else { named };
    let shrink = |set: AttrSet| {
        let mut key = set;
        for attribute in set.iter() {
            if all.is_subset(normalization::closure(key - AttrSet::one(attribute), fds)) {
                key = key - AttrSet::one(attribute);
            }
        }
        key
    };
    let mut keys = vec![shrink(all)];
    let mut next = 0;
    while next < keys.len() {
        for fd in fds {
            let candidate = fd.lhs | (keys[next] - fd.rhs);
            if !keys.iter().any(|key| key.is_subset(candidate)) {
                keys.push(shrink(candidate));
            }
        }
        next += 1;
    }
    keys
}
