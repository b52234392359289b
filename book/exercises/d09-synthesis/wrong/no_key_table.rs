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
    let mut kept: Vec<AttrSet> = Vec::new();
    tables.sort_by_key(|table| std::cmp::Reverse(table.len()));
    for table in tables {
        if !kept.iter().any(|other| table.is_subset(*other)) {
            kept.push(table);
        }
    }
    kept
}
