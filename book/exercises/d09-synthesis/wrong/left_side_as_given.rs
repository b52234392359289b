fn synthesize(all: AttrSet, fds: &[Fd]) -> Vec<AttrSet> {
    // Single right sides, then whatever follows from the others goes.
    let mut cover: Vec<Fd> = Vec::new();
    for fd in fds {
        for attribute in (fd.rhs - fd.lhs).iter() {
            cover.push(Fd::new(fd.lhs, AttrSet::one(attribute)));
        }
    }
    cover.sort();
    cover.dedup();
    let mut number = 0;
    while number < cover.len() {
        let fd = cover.remove(number);
        if !normalization::implies(&cover, fd) {
            cover.insert(number, fd);
            number += 1;
        }
    }
    let mut tables: Vec<AttrSet> = Vec::new();
    let mut left = None;
    for fd in cover {
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
