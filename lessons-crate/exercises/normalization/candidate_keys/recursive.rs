fn shrink(set: AttrSet, all: AttrSet, fds: &[Fd]) -> AttrSet {
    for attribute in set.iter() {
        let smaller = set - AttrSet::one(attribute);
        if all.is_subset(normalization::closure(smaller, fds)) {
            return shrink(smaller, all, fds);
        }
    }
    set
}

fn candidate_keys(all: AttrSet, fds: &[Fd]) -> Vec<AttrSet> {
    let mut keys = std::collections::BTreeSet::from([shrink(all, all, fds)]);
    loop {
        let known = keys.len();
        for key in keys.clone() {
            for fd in fds {
                keys.insert(shrink(fd.lhs | (key - fd.rhs), all, fds));
            }
        }
        if keys.len() == known {
            return keys.into_iter().rev().collect();
        }
    }
}
