fn index_use(index: &[&str], query: &IndexQuery) -> IndexUse {
    let fixed = |column: &&str| query.equal.contains(column);
    let equal = index.iter().take_while(|column| fixed(column)).count();
    let by_range = index.get(equal).is_some_and(|column| query.range == Some(*column));
    let mut named = query.equal.iter().chain(&query.range).chain(&query.order_by).chain(&query.output);
    IndexUse {
        search_columns: equal + usize::from(by_range),
        sorted: index.starts_with(&query.order_by),
        covers: named.all(|column| index.contains(column)),
    }
}
