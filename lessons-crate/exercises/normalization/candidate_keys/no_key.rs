fn candidate_keys(all: AttrSet, fds: &[Fd]) -> Vec<AttrSet> {
    let mut keys = Vec::new();
    for attribute in all.iter() {
        let key = AttrSet::one(attribute);
        if all.is_subset(normalization::closure(key, fds)) {
            keys.push(key);
        }
    }
    keys
}
