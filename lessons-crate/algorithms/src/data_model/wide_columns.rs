//! Wide columns: one sorted map from row, column and time to a value.

use std::collections::BTreeMap;
use std::ops::{Bound, RangeBounds};

/// Why a cell could not be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WideColumnError {
    /// Families are fixed when the store is made; columns within them are not.
    #[error("no column family `{family}`; this store has {known}, and columns are written `family:name`")]
    UnknownFamily {
        /// What was asked for.
        family: String,
        /// Those that there are.
        known: String,
    },
}

/// The versions of one cell: what was written at each time; `None` is a deletion (a tombstone).
type Versions = BTreeMap<u64, Option<String>>;

/// A wide-column store: cells found by row and `family:column`, in sorted order, each with its versions.
///
/// All cells lie in one map, sorted by row, then family, then column. Neighboring columns of a row are
/// therefore neighbors in the store, and a range of them is one seek and a short walk; that order is the only
/// index. Each write carries a time. The newest is what a read sees; a deletion is a write too, and hides
/// what is not newer. Of two writes of the same time a deletion wins, then the greater value, so that copies
/// which get the same writes in any order agree.
///
/// # Complexity
///
/// With `n` cells, [`put`](Self::put) and [`get`](Self::get) are O(log n), a [`slice`](Self::slice) of `k`
/// columns O(log n + k), and a question about all rows ([`rows_where`](Self::rows_where)) O(n).
///
/// # Examples
///
/// ```
/// use lessons::data_model::WideColumns;
///
/// let mut store = WideColumns::new(&[("profile", 3), ("post", 1)]);
/// store.put("ada", "profile:city", 10, "London")?;
/// store.put("ada", "post:2026-01-05", 11, "hello")?;
/// store.put("ada", "post:2026-02-01", 12, "a program")?;
/// store.put("ada", "profile:city", 9, "Paris")?; // Late, and older.
/// assert_eq!(store.get("ada", "profile:city"), Some("London"));
/// let newest = store.slice("ada", "post", ..).next_back();
/// assert_eq!(newest, Some(("2026-02-01", "a program")));
/// # Ok::<(), lessons::data_model::WideColumnError>(())
/// ```
///
/// # Sources
///
/// F. Chang et al., "Bigtable: A Distributed Storage System for Structured Data", OSDI 2006 (rows, families,
/// columns, timestamps, versions kept by family). A. Lakshman and P. Malik, "Cassandra: A Decentralized
/// Structured Storage System", ACM SIGOPS Operating Systems Review 44(2), 2010 (tombstones; ties are those of
/// the Apache Cassandra documentation).
#[derive(Clone, Debug)]
pub struct WideColumns {
    /// How many versions of a cell each family keeps.
    families: BTreeMap<String, usize>,
    /// By row, family and column. Invariant: no cell without a version.
    cells: BTreeMap<[String; 3], Versions>,
}

impl WideColumns {
    /// An empty store with these column families, and how many versions of a cell each keeps.
    pub fn new(families: &[(&str, usize)]) -> Self {
        let families = families.iter().map(|(name, versions)| ((*name).to_owned(), (*versions).max(1)));
        Self { families: families.collect(), cells: BTreeMap::new() }
    }

    /// Writes a value at a time, which may lie before that of earlier writes.
    ///
    /// # Errors
    ///
    /// When the column's family is not one of this store.
    pub fn put(&mut self, row: &str, column: &str, time: u64, value: &str) -> Result<(), WideColumnError> {
        self.write(row, column, time, Some(value.to_owned()))
    }

    /// Deletes all versions up to this time, also those that are yet to arrive.
    ///
    /// # Errors
    ///
    /// When the column's family is not one of this store.
    pub fn delete(&mut self, row: &str, column: &str, time: u64) -> Result<(), WideColumnError> {
        self.write(row, column, time, None)
    }

    fn write(
        &mut self,
        row: &str,
        column: &str,
        time: u64,
        value: Option<String>,
    ) -> Result<(), WideColumnError> {
        let key = key(row, column);
        if !self.families.contains_key(&key[1]) {
            let known: Vec<&str> = self.families.keys().map(String::as_str).collect();
            return Err(WideColumnError::UnknownFamily { family: key[1].clone(), known: known.join(", ") });
        }
        let versions = self.cells.entry(key).or_default();
        match versions.get_mut(&time) {
            // A deletion stays; of two values the greater.
            Some(kept) => *kept = kept.take().zip(value).map(|(a, b)| a.max(b)),
            None => drop(versions.insert(time, value)),
        }
        Ok(())
    }

    /// The newest value of a cell.
    pub fn get(&self, row: &str, column: &str) -> Option<&str> {
        self.get_at(row, column, u64::MAX)
    }

    /// The value that a cell had at a time, as far as its versions are still kept.
    pub fn get_at(&self, row: &str, column: &str, time: u64) -> Option<&str> {
        self.versions(row, column).into_iter().find(|(written, _)| *written <= time).map(|(_, value)| value)
    }

    /// The kept values of a cell with their times, newest first.
    pub fn versions(&self, row: &str, column: &str) -> Vec<(u64, &str)> {
        let key = key(row, column);
        let kept = self.families.get(&key[1]).copied().unwrap_or(0);
        self.cells.get(&key).map_or_else(Vec::new, |versions| live(versions).take(kept).collect())
    }

    /// The columns of one row and family within a range of names, in order, with their newest values. Take it
    /// from the front or, with `rev`, from the back: only what is taken is looked at.
    pub fn slice<'a>(
        &'a self,
        row: &str,
        family: &str,
        columns: impl RangeBounds<&'a str>,
    ) -> impl DoubleEndedIterator<Item = (&'a str, &'a str)> {
        let at = |column: &str| [row.to_owned(), family.to_owned(), column.to_owned()];
        let start = match columns.start_bound() {
            Bound::Included(column) => Bound::Included(at(column)),
            Bound::Excluded(column) => Bound::Excluded(at(column)),
            Bound::Unbounded => Bound::Included(at("")),
        };
        let end = match columns.end_bound() {
            Bound::Included(column) => Bound::Included(at(column)),
            Bound::Excluded(column) => Bound::Excluded(at(column)),
            // The first name that is not of this family: no string lies between them.
            Bound::Unbounded => Bound::Excluded([row.to_owned(), format!("{family}\0"), String::new()]),
        };
        // A range that ends before it starts holds nothing; `BTreeMap::range` would panic.
        let empty = match (&start, &end) {
            (Bound::Included(a), Bound::Included(b)) => a > b,
            (Bound::Included(a) | Bound::Excluded(a), Bound::Included(b) | Bound::Excluded(b)) => a >= b,
            _ => false,
        };
        let range = if empty {
            self.cells.range::<[String; 3], _>((Bound::Included(at("")), Bound::Excluded(at(""))))
        } else {
            self.cells.range::<[String; 3], _>((start, end))
        };
        range.filter_map(|(key, versions)| Some((key[2].as_str(), live(versions).next()?.1)))
    }

    /// The rows whose newest value in a column passes a test, and how many cells were looked at to find them:
    /// all of them, because the store is sorted by row.
    pub fn rows_where(&self, column: &str, test: impl Fn(&str) -> bool) -> (Vec<&str>, usize) {
        let wanted = key("", column);
        let named = self.cells.iter().filter(|(key, _)| key[1..] == wanted[1..]);
        let rows = named.filter(|(_, versions)| live(versions).next().is_some_and(|(_, value)| test(value)));
        (rows.map(|(key, _)| key[0].as_str()).collect(), self.cells.len())
    }

    /// How many cells there are, with those that hold only deletions.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// True when nothing was ever written.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Drops versions that no read can see, and deletions older than `before`.
    ///
    /// A write that is older than a dropped deletion and arrives later is seen again: deleted data comes
    /// back. Real stores wait before they drop a deletion (`gc_grace_seconds` in Cassandra).
    pub fn compact(&mut self, before: u64) {
        let families = &self.families;
        self.cells.retain(|key, versions| {
            let kept = families.get(&key[1]).copied().unwrap_or(1);
            let values: Vec<u64> = live(versions).take(kept).map(|(time, _)| time).collect();
            let deleted = deletion(versions).filter(|time| *time >= before);
            versions.retain(|time, _| values.contains(time) || Some(*time) == deleted);
            !versions.is_empty()
        });
    }
}

/// Row, family and column of a name such as `post:2026-01-05`.
fn key(row: &str, column: &str) -> [String; 3] {
    let (family, name) = column.split_once(':').unwrap_or((column, ""));
    [row, family, name].map(str::to_owned)
}

/// When a cell was last deleted.
fn deletion(versions: &Versions) -> Option<u64> {
    versions.iter().rev().find(|(_, value)| value.is_none()).map(|(time, _)| *time)
}

/// The values that no deletion hides, newest first.
fn live(versions: &Versions) -> impl Iterator<Item = (u64, &str)> {
    versions.iter().rev().map_while(|(time, value)| Some((*time, value.as_deref()?)))
}
