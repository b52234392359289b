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
    let mut known = vec![shrink(all)];
    let mut keys = known.clone();
    let mut next = 0;
    while next < known.len() {
        for fd in fds {
            let key = shrink(fd.lhs | (known[next] - fd.rhs));
            keys.push(key);
            if !known.contains(&key) {
                known.push(key);
            }
        }
        next += 1;
    }
    keys
}
