/// All candidate keys: the smallest sets that determine every attribute.
fn candidate_keys(all: AttrSet, fds: &[Fd]) -> Vec<AttrSet> {
    let determines_all = |set| all.is_subset(normalization::closure(set, fds));
    let shrink = |set: AttrSet| {
        let mut key = set;
        for attribute in set.iter() {
            if determines_all(key - AttrSet::one(attribute)) {
                key = key - AttrSet::one(attribute);
            }
        }
        key
    };
    let mut keys = vec![shrink(all)];
    let mut next = 0;
    while next < keys.len() {
        for fd in fds {
            let candidate = (fd.lhs & all) | (keys[next] - fd.rhs);
            if !keys.iter().any(|key| key.is_subset(candidate)) {
                keys.push(shrink(candidate));
            }
        }
        next += 1;
    }
    keys
}
