fn candidate_keys(all: AttrSet, fds: &[Fd]) -> Vec<AttrSet> {
    let mut key = all;
    for attribute in all.iter() {
        let smaller = key - AttrSet::one(attribute);
        if all.is_subset(normalization::closure(smaller, fds)) {
            key = smaller;
        }
    }
    vec![key]
}
