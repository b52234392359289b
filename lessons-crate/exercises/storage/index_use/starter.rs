use check::storage::index_use::*;

/// What an index on these columns, in this order, does for a query.
fn index_use(index: &[&str], query: &IndexQuery) -> IndexUse {
    // `query` has equal, order_by and output, each a Vec<&str> of columns,
    // and range, an Option<&str>. An empty order_by asks for no order: any will do.
    let search_columns = todo!("how many of its first columns narrow the search");
    let sorted = todo!("do rows come in the order of query.order_by?");
    let covers = todo!("does it have every column that the query names?");
    IndexUse { search_columns, sorted, covers }
}
