use check::partitioning::prune::*;

/// The numbers of the partitions in which a row that passes the predicate can be: none
/// too few, and none that no value of column 0 leads to. The table is cut by column 0.
/// As in SQL, no comparison and no function is true of NULL.
///
/// A part is a `PartBounds::Range(from, to)`, without `to`, or the `PartBounds::Default`,
/// which has all that no range holds, and NULL. A `Predicate` is
/// `Between { column, first, last }`, both included, `In { column, values }`,
/// `IsNull { column }`, `Function { column, .. }`, `And(all)`, `Or(any)` or `Anything`.
fn prune(parts: &[PartBounds], predicate: &Predicate) -> std::collections::BTreeSet<usize> {
    todo!("which values can column 0 have, and which partitions hold one of them?")
}
