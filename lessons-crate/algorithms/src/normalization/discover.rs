//! Dependencies that some data obeys.

use std::collections::BTreeMap;

use super::{AttrSet, Fd};

/// The minimal dependencies X → A that hold in these rows, with at most `max_lhs` attributes in X; sorted.
///
/// What holds in the rows need not be a rule: few rows obey many dependencies by chance. Data can refute a
/// dependency and never prove one.
///
/// Level by level over the size of X: rows are put into classes that agree on X, and X → A holds when each
/// class has one value of A. A set is skipped where a subset of it determines the same.
///
/// # Complexity
///
/// O(rows × columns × sets), and the sets of at most `max_lhs` of n columns are about nᵏ/k!.
///
/// # Panics
///
/// When there are more than 64 columns, or rows of different lengths.
///
/// # Examples
///
/// ```
/// use lessons::normalization::{Fd, discover};
///
/// let rows = [["10115", "Berlin"], ["80331", "Munich"], ["10117", "Berlin"]];
/// // Column A determines B, and not the other way round.
/// assert_eq!(discover(&rows, 1), [Fd::letters("A", "B")]);
/// ```
///
/// # Sources
///
/// Y. Huhtala, J. Kärkkäinen, P. Porkka and H. Toivonen, "TANE: An Efficient Algorithm for Discovering
/// Functional and Approximate Dependencies", The Computer Journal 42(2), 1999, doi:10.1093/comjnl/42.2.100.
/// (Rows in classes are theirs; their further pruning is left out.)
pub fn discover<R: AsRef<[S]>, S: AsRef<str>>(rows: &[R], max_lhs: usize) -> Vec<Fd> {
    let columns = columns(rows);
    let all = AttrSet::first(columns.len());
    let mut found: Vec<Fd> = Vec::new();
    let mut level = vec![(AttrSet::EMPTY, Classes::one(rows.len()))];
    for size in 0..=max_lhs.min(columns.len()) {
        for (x, classes) in &level {
            let known = found.iter().filter(|fd| fd.lhs.is_subset(*x)).fold(*x, |known, fd| known | fd.rhs);
            let new = (all - known).iter().filter(|&a| classes.determine(&columns[a]));
            found.extend(new.map(|a| Fd::new(*x, AttrSet::one(a))).collect::<Vec<_>>());
        }
        if size == max_lhs {
            break;
        }
        let larger = |(x, classes): &(AttrSet, Classes)| {
            // Each set is made once: from the one without its largest attribute.
            let from = x.iter().last().map_or(0, |last| last + 1);
            let known = found.iter().filter(|fd| fd.lhs.is_subset(*x)).fold(*x, |known, fd| known | fd.rhs);
            // What determines everything already has no larger minimal left side.
            let to = if known == all { from } else { columns.len() };
            (from..to).map(|a| (*x | AttrSet::one(a), classes.split_by(&columns[a]))).collect::<Vec<_>>()
        };
        level = level.iter().flat_map(larger).collect();
    }
    found.sort();
    found
}

/// How many rows must go before a dependency holds in the others: 0 when it holds already.
///
/// A dependency that fails in a few rows of many is probably a rule with some wrong data.
///
/// # Complexity
///
/// O(rows · log rows).
///
/// # Panics
///
/// When there are more than 64 columns, or rows of different lengths.
pub fn rows_to_remove<R: AsRef<[S]>, S: AsRef<str>>(rows: &[R], fd: Fd) -> usize {
    let columns = columns(rows);
    let classes = |set: AttrSet| set.iter().fold(Classes::one(rows.len()), |c, a| c.split_by(&columns[a]));
    let (left, both) = (classes(fd.lhs), classes(fd.lhs | fd.rhs));
    let mut sizes: BTreeMap<(u32, u32), usize> = BTreeMap::new();
    left.of.iter().zip(&both.of).for_each(|(l, b)| *sizes.entry((*l, *b)).or_default() += 1);
    let mut largest: BTreeMap<u32, usize> = BTreeMap::new();
    for ((left, _), size) in sizes {
        let kept = largest.entry(left).or_default();
        *kept = size.max(*kept);
    }
    rows.len() - largest.values().sum::<usize>()
}

/// Which class each row is in.
struct Classes {
    /// By row; classes are numbered from 0 without gaps.
    of: Vec<u32>,
    count: usize,
}

impl Classes {
    fn one(rows: usize) -> Self {
        Self { of: vec![0; rows], count: usize::from(rows > 0) }
    }

    /// Rows stay together that also agree in this column.
    fn split_by(&self, column: &[u32]) -> Self {
        let mut numbers: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        let mut number = |key| {
            let next = numbers.len() as u32;
            *numbers.entry(key).or_insert(next)
        };
        let of = self.of.iter().zip(column).map(|(class, value)| number((*class, *value))).collect();
        Self { of, count: numbers.len() }
    }

    /// Whether each class has one value in this column.
    fn determine(&self, column: &[u32]) -> bool {
        let mut values = vec![None; self.count];
        self.of
            .iter()
            .zip(column)
            .all(|(class, value)| *values[*class as usize].get_or_insert(*value) == *value)
    }
}

/// The rows by column, with a number for each different value.
fn columns<R: AsRef<[S]>, S: AsRef<str>>(rows: &[R]) -> Vec<Vec<u32>> {
    let width = rows.first().map_or(0, |row| row.as_ref().len());
    assert!(width <= AttrSet::MAX, "{width} columns are too many: at most 64");
    assert!(rows.iter().all(|row| row.as_ref().len() == width), "rows of different lengths");
    let column = |column: usize| {
        let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
        let mut number = |value| {
            let next = numbers.len() as u32;
            *numbers.entry(value).or_insert(next)
        };
        rows.iter().map(|row| number(row.as_ref()[column].as_ref())).collect()
    };
    (0..width).map(column).collect()
}
