/// Tables in third normal form that keep every dependency and join to the whole.
fn synthesize(all: AttrSet, fds: &[Fd]) -> Vec<AttrSet> {
    let mut tables: Vec<AttrSet> = Vec::new();
    let mut left = None;
    for fd in normalization::minimal_cover(fds) {
        match tables.last_mut() {
            Some(table) if left == Some(fd.lhs) => *table = *table | fd.rhs,
            _ => tables.push(fd.lhs | fd.rhs),
        }
        left = Some(fd.lhs);
    }
    if !tables.iter().any(|table| all.is_subset(normalization::closure(*table, fds))) {
        tables.extend(normalization::candidate_keys(all, fds).first());
    }
    let mut kept: Vec<AttrSet> = Vec::new();
    tables.sort_by_key(|table| std::cmp::Reverse(table.len()));
    for table in tables {
        if !kept.iter().any(|other| table.is_subset(*other)) {
            kept.push(table);
        }
    }
    kept
}
