use check::storage::index_use::*;
use std::collections::HashSet;

fn index_use(index: &[&str], query: &IndexQuery) -> IndexUse {
    let mut search_columns = 0;
    for column in index {
        if query.equal.contains(column) {
            search_columns += 1;
            continue;
        }
        search_columns += usize::from(query.range == Some(*column));
        break;
    }
    let mut at = 0;
    let mut sorted = true;
    for column in &query.order_by {
        if query.equal.contains(column) {
            continue;
        }
        while at < index.len() && query.equal.contains(&index[at]) {
            at += 1;
        }
        sorted &= index.get(at) == Some(column);
        at += 1;
    }
    let has: HashSet<&str> = index.iter().copied().collect();
    let missing = |columns: &[&'static str]| columns.iter().any(|column| !has.contains(column));
    let covers = !missing(&query.equal) && !missing(&query.order_by) && !missing(&query.output);
    IndexUse { search_columns, sorted, covers: covers && query.range.is_none_or(|column| has.contains(column)) }
}
