/// What an index on these columns, in this order, does for a query.
fn index_use(index: &[&str], query: &IndexQuery) -> IndexUse {
    // `query` has equal, order_by and output, each a Vec<&str> of columns, and range, an Option<&str>.
    let search_columns = todo!("how many of its first columns narrow the search");
    let sorted = todo!("do rows come in the order of query.order_by? If that is empty, any order will do");
    let covers = todo!("does it have every column that the query names?");
    IndexUse { search_columns, sorted, covers }
}
