use check::storage::index_use::*;

fn index_use(index: &[&str], query: &IndexQuery) -> IndexUse {
    let fixed = |column: &&str| query.equal.contains(column);
    let equal = index.iter().take_while(|column| fixed(column)).count();
    let by_range = index.get(equal).is_some_and(|column| query.range == Some(*column));
    // A column that must equal one value changes no order.
    let rest: Vec<&str> = index.iter().copied().filter(|column| !fixed(column)).collect();
    let wanted: Vec<&str> = query.order_by.iter().copied().filter(|column| !fixed(column)).collect();
    let mut named = query.equal.iter().chain(&query.range).chain(&query.order_by).chain(&query.output);
    IndexUse {
        search_columns: equal + usize::from(by_range),
        sorted: rest.starts_with(&wanted),
        covers: named.all(|column| index.contains(column)),
    }
}
