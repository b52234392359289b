fn synthesize(all: AttrSet, fds: &[Fd]) -> Vec<AttrSet> {
    let mut tables: Vec<AttrSet> = fds.iter().map(|fd| normalization::closure(fd.lhs, fds)).collect();
    tables.sort();
    tables.dedup();
    if !tables.iter().any(|table| all.is_subset(*table)) {
        tables.extend(normalization::candidate_keys(all, fds).first());
    }
    tables
}
