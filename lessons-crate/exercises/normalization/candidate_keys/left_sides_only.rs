fn candidate_keys(all: AttrSet, fds: &[Fd]) -> Vec<AttrSet> {
    let determines_all = |set: AttrSet| all.is_subset(normalization::closure(set, fds));
    let mut keys: Vec<AttrSet> = Vec::new();
    for fd in fds {
        let minimal = fd.lhs.iter().all(|a| !determines_all(fd.lhs - AttrSet::one(a)));
        if determines_all(fd.lhs) && minimal && !keys.contains(&fd.lhs) {
            keys.push(fd.lhs);
        }
    }
    if keys.is_empty() {
        // None of them: the table without what can be spared.
        let mut key = all;
        for attribute in all.iter() {
            if determines_all(key - AttrSet::one(attribute)) {
                key = key - AttrSet::one(attribute);
            }
        }
        keys.push(key);
    }
    keys
}
