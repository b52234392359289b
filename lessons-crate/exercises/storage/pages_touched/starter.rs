/// How many of a table's pages are read for the rows that an index found.
///
/// The table has `rows` rows in `pages` pages. The `found` rows lie side by side, from
/// the start of a page on, when `together` is true; otherwise each lies in any page, as
/// likely as in any other.
fn pages_touched(pages: u64, rows: u64, found: u64, together: bool) -> f64 {
    todo!("with m pages, one row misses a certain page with probability 1 - 1/m")
}
