fn synthesize(all: AttrSet, fds: &[Fd]) -> Vec<AttrSet> {
    let mut todo = vec![all];
    let mut tables = Vec::new();
    while let Some(table) = todo.pop() {
        let determined = |x: AttrSet| normalization::closure(x, fds) & table;
        let bad = table.subsets().find(|x| determined(*x) != *x && determined(*x) != table);
        match bad {
            None => tables.push(table),
            Some(x) => todo.extend([determined(x), x | (table - determined(x))]),
        }
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
