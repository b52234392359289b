fn synthesize(all: AttrSet, fds: &[Fd]) -> Vec<AttrSet> {
    let mut cover: Vec<Fd> = Vec::new();
    for fd in fds.iter().rev() {
        for attribute in (fd.rhs - fd.lhs).iter() {
            // The shortest left side, the last attributes first.
            let (mut lhs, one) = (fd.lhs, AttrSet::one(attribute));
            for spare in fd.lhs.iter().collect::<Vec<_>>().into_iter().rev() {
                if normalization::implies(fds, Fd::new(lhs - AttrSet::one(spare), one)) {
                    lhs = lhs - AttrSet::one(spare);
                }
            }
            if !cover.contains(&Fd::new(lhs, one)) {
                cover.push(Fd::new(lhs, one));
            }
        }
    }
    for fd in cover.clone() {
        let others: Vec<Fd> = cover.iter().copied().filter(|other| *other != fd).collect();
        if normalization::implies(&others, fd) {
            cover = others;
        }
    }
    let mut tables = std::collections::BTreeMap::new();
    for fd in &cover {
        let table = tables.entry(fd.lhs).or_insert(fd.lhs);
        *table = *table | fd.rhs;
    }
    let mut tables: Vec<AttrSet> = tables.into_values().collect();
    if !tables.iter().any(|table| all.is_subset(normalization::closure(*table, fds))) {
        tables.extend(normalization::candidate_keys(all, fds).last());
    }
    tables.sort_by_key(|table| table.len());
    let mut kept = Vec::new();
    for (number, table) in tables.iter().enumerate() {
        if !tables[number + 1..].iter().any(|other| table.is_subset(*other)) {
            kept.push(*table);
        }
    }
    kept
}
