fn candidate_keys(all: AttrSet, fds: &[Fd]) -> Vec<AttrSet> {
    let shrink = |set: AttrSet| {
        let mut key = set;
        for attribute in set.iter() {
            if all.is_subset(normalization::closure(key - AttrSet::one(attribute), fds)) {
                key = key - AttrSet::one(attribute);
            }
        }
        key
    };
    let first = shrink(all);
    let mut keys = vec![first];
    for fd in fds {
        let candidate = fd.lhs | (first - fd.rhs);
        if !keys.iter().any(|key| key.is_subset(candidate)) {
            keys.push(shrink(candidate));
        }
    }
    keys
}
