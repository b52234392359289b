//! A table kept in pieces, which counts what each operation looks at.

use std::collections::BTreeMap;

use super::{Holds, PartitionError, Predicate, Scheme, Value};

/// A row: its columns in order.
pub type Row = Vec<Value>;

/// What a query found, and what it had to look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Rows that passed.
    pub found: usize,
    /// Rows that were looked at.
    pub rows_read: usize,
    /// Partitions that were opened.
    pub partitions: usize,
}

/// Rows in the places of a [`Scheme`], without any index: a query reads the places that are left after pruning.
///
/// # Complexity
///
/// With r rows and p places: [`insert`](Self::insert) is O(p), [`scan`](Self::scan) and [`delete`](Self::delete) are
/// linear in the rows of the places kept, [`detach`](Self::detach) is O(p) however many rows go, and
/// [`attach`](Self::attach) is linear in the rows that must be looked at.
///
/// # Examples
///
/// ```
/// use lessons::partitioning::{PartitionedTable, Predicate, Scheme};
///
/// let mut table = PartitionedTable::new(Scheme::ranges(0, &[0, 100, 200])?);
/// for day in 0..200 {
///     table.insert(vec![Some(day), Some(day % 7)])?;
/// }
/// let scan = table.scan(&Predicate::between(0, 10, 12));
/// assert_eq!((scan.found, scan.rows_read, scan.partitions), (3, 100, 1));
/// assert_eq!(table.scan(&Predicate::equals(1, 3)).partitions, 2);
/// assert_eq!(table.detach("0")?.len(), 100);
/// # Ok::<(), lessons::partitioning::PartitionError>(())
/// ```
#[derive(Clone, Debug)]
pub struct PartitionedTable {
    scheme: Scheme,
    /// By place. Invariant: each row is where the scheme places it.
    rows: BTreeMap<String, Vec<Row>>,
}

impl PartitionedTable {
    /// An empty table.
    pub fn new(scheme: Scheme) -> Self {
        Self { scheme, rows: BTreeMap::new() }
    }

    /// How it is cut.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Adds a row: its place.
    ///
    /// # Errors
    ///
    /// When no partition takes it.
    pub fn insert(&mut self, row: Row) -> Result<String, PartitionError> {
        let value = row.get(self.scheme.column()).copied().flatten();
        let place = self.scheme.place(&row).ok_or(PartitionError::NoPartition(value))?;
        self.rows.entry(place.clone()).or_default().push(row);
        Ok(place)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.values().map(Vec::len).sum()
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many rows are in each place, empty places included.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let count = |place: String| {
            let rows = self.rows.get(&place).map_or(0, Vec::len);
            (place, rows as u64)
        };
        self.scheme.places().into_iter().map(count).collect()
    }

    /// Runs a query.
    pub fn scan(&self, predicate: &Predicate) -> Scan {
        let kept = self.scheme.prune(predicate);
        let mut scan = Scan { partitions: kept.len(), ..Scan::default() };
        for rows in kept.iter().filter_map(|place| self.rows.get(place)) {
            scan.rows_read += rows.len();
            scan.found += rows.iter().filter(|row| predicate.matches(row)).count();
        }
        scan
    }

    /// Deletes rows one by one: what was found and looked at.
    pub fn delete(&mut self, predicate: &Predicate) -> Scan {
        let scan = self.scan(predicate);
        for rows in self.rows.values_mut() {
            rows.retain(|row| !predicate.matches(row));
        }
        scan
    }

    /// Takes a partition out, with all that is within: its rows, none of which is looked at.
    ///
    /// # Errors
    ///
    /// When there is none of this name.
    pub fn detach(&mut self, name: &str) -> Result<Vec<Row>, PartitionError> {
        self.scheme.detach(name)?;
        let inner = format!("{name}/");
        let mine: Vec<String> =
            self.rows.keys().filter(|place| *place == name || place.starts_with(&inner)).cloned().collect();
        Ok(mine.iter().filter_map(|place| self.rows.remove(place)).flatten().collect())
    }

    /// Makes rows a partition of the table: how many rows were looked at for it.
    ///
    /// The new rows are looked at unless they are `checked` already, by a constraint that says the same as `holds`. The
    /// rows of the default partition are looked at in any case, because none of them may belong to the new one.
    ///
    /// # Errors
    ///
    /// Those of [`Scheme::attach`], and when a row is in the wrong place; nothing is changed then.
    pub fn attach(
        &mut self,
        name: &str,
        holds: Holds,
        rows: Vec<Row>,
        checked: bool,
    ) -> Result<usize, PartitionError> {
        let mut looked_at = 0;
        let takes = |row: &Row| self.scheme.would_take(&holds, row);
        if let Some(rest) = self.scheme.default_part().map(str::to_owned) {
            let inner = format!("{rest}/");
            let left = self.rows.iter().filter(|(place, _)| **place == rest || place.starts_with(&inner));
            let left: Vec<&Row> = left.flat_map(|(_, rows)| rows).collect();
            looked_at += left.len();
            let wrong = left.into_iter().filter(|row| takes(row)).count();
            if wrong > 0 {
                return Err(PartitionError::WrongPlace { name: rest, rows: wrong });
            }
        }
        if !checked {
            looked_at += rows.len();
            let wrong = rows.iter().filter(|row| !takes(row)).count();
            if wrong > 0 {
                return Err(PartitionError::WrongPlace { name: name.to_owned(), rows: wrong });
            }
        }
        self.scheme.attach(name, holds, None)?;
        self.rows.insert(name.to_owned(), rows);
        Ok(looked_at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn months() -> PartitionedTable {
        let mut scheme = Scheme::ranges(0, &[0, 10, 20, 30]).unwrap();
        scheme.attach("rest", Holds::Default, None).unwrap();
        PartitionedTable::new(scheme)
    }

    proptest! {
        #[test]
        fn a_scan_finds_what_a_scan_of_everything_finds(
            rows in prop::collection::vec((prop::option::of(-5_i64..45), 0_i64..5), 0..100),
            first in -5_i64..45, more in 0_i64..20, other in 0_i64..5,
        ) {
            let mut table = months();
            for &(a, b) in &rows {
                table.insert(vec![a, Some(b)]).unwrap();
            }
            let predicate = Predicate::between(0, first, first + more)
                .or(Predicate::is_null(0).and(Predicate::equals(1, other)));
            let naive = rows.iter().filter(|&&(a, b)| predicate.matches(&[a, Some(b)])).count();
            let scan = table.scan(&predicate);
            prop_assert_eq!(scan.found, naive);
            prop_assert!(scan.rows_read <= rows.len());
            prop_assert_eq!(table.delete(&predicate).found, naive);
            prop_assert_eq!(table.len(), rows.len() - naive);
        }
    }

    #[test]
    fn rows_that_came_too_early_are_in_the_way() {
        let mut table = months();
        for day in 0..40 {
            table.insert(vec![Some(day)]).unwrap();
        }
        assert_eq!(table.counts()["rest"], 10);
        let refused = table.attach("3", Holds::range(30, 40), Vec::new(), false).unwrap_err();
        assert_eq!(refused, PartitionError::WrongPlace { name: "rest".into(), rows: 10 });
        let moved = table.detach("rest").unwrap();
        assert_eq!(table.attach("3", Holds::range(30, 40), moved.clone(), true).unwrap(), 0);
        assert_eq!(table.detach("3").unwrap(), moved);
        assert_eq!(table.attach("3", Holds::range(30, 40), moved, false).unwrap(), 10);
        let wrong = table.attach("4", Holds::range(40, 50), vec![vec![Some(3)]], false).unwrap_err();
        assert_eq!(wrong, PartitionError::WrongPlace { name: "4".into(), rows: 1 });
        assert!(table.insert(vec![Some(99)]).is_err());
    }

    #[test]
    fn a_partition_goes_with_all_that_is_within() {
        let mut scheme = Scheme::on(0);
        scheme.attach("1", Holds::range(0, 10), Some(Scheme::hash(1, 4))).unwrap();
        scheme.attach("10", Holds::range(10, 20), Some(Scheme::hash(1, 4))).unwrap();
        let mut table = PartitionedTable::new(scheme);
        for key in 0..1_000 {
            table.insert(vec![Some(key % 20), Some(key)]).unwrap();
        }
        assert_eq!(table.detach("1").unwrap().len(), 500);
        assert_eq!(table.len(), 500);
        assert_eq!(table.scheme().places().len(), 4);
    }
}
