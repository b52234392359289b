fn candidate_keys(all: AttrSet, fds: &[Fd]) -> Vec<AttrSet> {
    let determines_all = |set: AttrSet| all.is_subset(normalization::closure(set, fds));
    let minimal = |set: AttrSet| set.iter().all(|a| !determines_all(set - AttrSet::one(a)));
    let mut keys: Vec<AttrSet> = Vec::new();
    for fd in fds {
        if determines_all(fd.lhs) && minimal(fd.lhs) && !keys.contains(&fd.lhs) {
            keys.push(fd.lhs);
        }
    }
    if keys.len() < 2 {
        // Too few: all of them, one by one.
        keys = all.subsets().filter(|set| determines_all(*set) && minimal(*set)).collect();
    }
    keys
}
