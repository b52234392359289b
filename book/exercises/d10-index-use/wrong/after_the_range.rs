fn index_use(index: &[&str], query: &IndexQuery) -> IndexUse {
    let fixed = |column: &&str| query.equal.contains(column);
    let given = |column: &&&str| fixed(column) || query.range == Some(**column);
    let given = index.iter().take_while(given).count();
    // A column that must equal one value changes no order.
    let rest: Vec<&str> = index.iter().copied().filter(|column| !fixed(column)).collect();
    let wanted: Vec<&str> = query.order_by.iter().copied().filter(|column| !fixed(column)).collect();
    let mut named = query.equal.iter().chain(&query.range).chain(&query.order_by).chain(&query.output);
    IndexUse {
        search_columns: given,
        sorted: rest.starts_with(&wanted),
        covers: named.all(|column| index.contains(column)),
    }
}
