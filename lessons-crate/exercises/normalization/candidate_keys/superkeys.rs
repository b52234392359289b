fn candidate_keys(all: AttrSet, fds: &[Fd]) -> Vec<AttrSet> {
    let mut keys = Vec::new();
    for fd in fds {
        let mut key = fd.lhs;
        for attribute in all.iter() {
            if !normalization::closure(key, fds).contains(attribute) {
                key.insert(attribute);
            }
        }
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    if keys.is_empty() {
        keys.push(all);
    }
    keys
}
