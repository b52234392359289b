fn candidate_keys(all: AttrSet, fds: &[Fd]) -> Vec<AttrSet> {
    let mut sets: Vec<AttrSet> = all.subsets().collect();
    sets.sort_by_key(|set| set.len());
    let mut keys: Vec<AttrSet> = Vec::new();
    for set in sets {
        if all.is_subset(normalization::closure(set, fds)) && !keys.iter().any(|key| key.is_subset(set)) {
            keys.push(set);
        }
    }
    keys
}
