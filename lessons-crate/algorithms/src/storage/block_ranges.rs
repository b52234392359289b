//! Block ranges: the smallest and the largest value of each stretch of pages.

use std::ops::{Range, RangeInclusive};

/// For each run of pages, the range of a column's values in it (PostgreSQL's BRIN).
///
/// A query for a range of values reads only those runs that can have one. The summary is tiny: two values for, say,
/// 128 pages. It helps as far as the rows lie in the order of the column; when they are shuffled, every run spans
/// nearly all values, and every run is read.
///
/// # Complexity
///
/// Built in one pass; O(runs) space and lookup, which is n / (rows to a page × pages to a run).
///
/// # Examples
///
/// ```
/// use lessons::storage::BlockRanges;
///
/// let days: Vec<u64> = (0..100_000).map(|row| row / 100).collect();
/// let summary = BlockRanges::build(&days, 100, 8); // 1,000 pages, 8 to a run.
/// assert_eq!(summary.pages_to_read(500..=501), 8);
/// assert_eq!(summary.pages(), 1_000);
/// ```
///
/// # Sources
///
/// G. Moerkotte, "Small Materialized Aggregates: A Light Weight Index Structure for Data Warehousing", VLDB 1998.
/// PostgreSQL documentation, "BRIN Indexes".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockRanges {
    /// The smallest and the largest value of each run.
    ranges: Vec<(u64, u64)>,
    pages_per_range: usize,
    pages: usize,
}

impl BlockRanges {
    /// The summary of a column, whose values are given in the order in which the rows lie.
    ///
    /// # Panics
    ///
    /// When there are no rows to a page, or no pages to a run.
    pub fn build(column: &[u64], rows_per_page: usize, pages_per_range: usize) -> Self {
        assert!(rows_per_page > 0 && pages_per_range > 0, "a page has rows, and a run has pages");
        let of = |rows: &[u64]| rows.iter().fold((u64::MAX, 0), |(low, high), v| (low.min(*v), high.max(*v)));
        let ranges = column.chunks(rows_per_page * pages_per_range).map(of).collect();
        Self { ranges, pages_per_range, pages: column.len().div_ceil(rows_per_page) }
    }

    /// The pages that may have a value of this range, as runs of neighbors.
    pub fn candidates(&self, values: RangeInclusive<u64>) -> Vec<Range<usize>> {
        let fits = |(low, high): &(u64, u64)| low <= values.end() && values.start() <= high;
        let found = self.ranges.iter().enumerate().filter(|(_, range)| fits(range));
        found
            .map(|(number, _)| {
                let start = number * self.pages_per_range;
                start..(start + self.pages_per_range).min(self.pages)
            })
            .collect()
    }

    /// How many pages a query for this range reads.
    pub fn pages_to_read(&self, values: RangeInclusive<u64>) -> usize {
        self.candidates(values).iter().map(ExactSizeIterator::len).sum()
    }

    /// How many pages the table has.
    pub fn pages(&self) -> usize {
        self.pages
    }

    /// The size of the summary: 16 bytes a run.
    pub fn size_bytes(&self) -> usize {
        self.ranges.len() * 16
    }

    /// Takes in a value that was added to a page: the range of its run can only grow.
    ///
    /// # Panics
    ///
    /// When the page is not the table's last or one before it.
    pub fn widen(&mut self, page: usize, value: u64) {
        let range = &mut self.ranges[page / self.pages_per_range];
        *range = (range.0.min(value), range.1.max(value));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rng::Rng;

    proptest! {
        #[test]
        fn no_row_is_missed(
            mut column in prop::collection::vec(0..100u64, 1..300),
            bounds in (0..100u64, 0..100u64),
            shape in (1..10usize, 1..5usize),
            change in (any::<prop::sample::Index>(), 0..100u64),
        ) {
            let mut summary = BlockRanges::build(&column, shape.0, shape.1);
            let row = change.0.index(column.len());
            column[row] = change.1;
            summary.widen(row / shape.0, change.1);
            let wanted = bounds.0..=bounds.1;
            let pages = summary.candidates(wanted.clone());
            for (row, value) in column.iter().enumerate().filter(|(_, value)| wanted.contains(*value)) {
                prop_assert!(pages.iter().any(|range| range.contains(&(row / shape.0))), "row {row}, {value}");
            }
        }
    }

    #[test]
    fn order_is_everything() {
        let mut column: Vec<u64> = (0..200_000).collect();
        let read = |column: &[u64]| BlockRanges::build(column, 100, 16).pages_to_read(50_000..=50_999);
        assert_eq!(read(&column), 16, "ten pages, in one run of sixteen");
        Rng::new(1).shuffle(&mut column);
        assert_eq!(read(&column), 2_000, "all of them");
    }
}
