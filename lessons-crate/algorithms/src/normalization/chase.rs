//! The chase: does a split lose which row goes with which?

use std::collections::BTreeSet;

use super::{AttrSet, Fd, Schema};
use crate::table::Table;

/// A tableau with one row for each part, and what the dependencies make of it.
///
/// The row of a part holds the wanted value (0) in the part's attributes, and a value of its own elsewhere.
/// Rows that agree on the left side of a dependency must agree on its right, so values are made equal until
/// nothing changes. If some row then is the wanted one throughout, the parts join to the table they came from,
/// whatever it holds. If not, the tableau is itself the counterexample: it obeys all dependencies, and its
/// parts join to a row that it does not have.
///
/// # Complexity
///
/// Polynomial: each step makes at least one of (parts × attributes) values equal to another.
///
/// # Examples
///
/// ```
/// use lessons::normalization::{AttrSet, Chase, Fd};
///
/// let abc = AttrSet::letters("ABC");
/// let parts = [AttrSet::letters("AB"), AttrSet::letters("BC")];
/// assert!(Chase::new(abc, &parts, &[Fd::letters("B", "C")]).is_lossless());
/// assert!(!Chase::new(abc, &parts, &[Fd::letters("A", "B")]).is_lossless());
/// ```
///
/// # Sources
///
/// A. V. Aho, C. Beeri and J. D. Ullman, "The Theory of Joins in Relational Databases", ACM TODS 4(3), 1979,
/// doi:10.1145/320083.320091.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chase {
    all: AttrSet,
    /// By part, then by attribute of `all`. 0 is the wanted value.
    rows: Vec<Vec<usize>>,
}

impl Schema {
    /// The chase of a split.
    pub fn chase(&self, parts: &[AttrSet]) -> Chase {
        Chase::new(self.all(), parts, self.fds())
    }
}

impl Chase {
    /// Chases the tableau of the parts.
    pub fn new(all: AttrSet, parts: &[AttrSet], fds: &[Fd]) -> Self {
        let row = |(number, part): (usize, &AttrSet)| {
            all.iter().map(|attribute| if part.contains(attribute) { 0 } else { number + 1 }).collect()
        };
        let mut chase = Self { all, rows: parts.iter().enumerate().map(row).collect() };
        while chase.step(fds) {}
        chase
    }

    /// Makes two values equal where a dependency asks for it; false when none does.
    fn step(&mut self, fds: &[Fd]) -> bool {
        for fd in fds {
            let (lhs, rhs) = (self.columns(fd.lhs), self.columns(fd.rhs));
            for one in 0..self.rows.len() {
                for other in 0..one {
                    let agree = lhs.iter().all(|&column| self.rows[one][column] == self.rows[other][column]);
                    let differ =
                        rhs.iter().find(|&&column| self.rows[one][column] != self.rows[other][column]);
                    if let (true, Some(&column)) = (agree, differ) {
                        let (a, b) = (self.rows[one][column], self.rows[other][column]);
                        // The smaller value stays, so that the wanted one wins.
                        self.rows.iter_mut().for_each(|row| {
                            if row[column] == a.max(b) {
                                row[column] = a.min(b);
                            }
                        });
                        return true;
                    }
                }
            }
        }
        false
    }

    fn columns(&self, attributes: AttrSet) -> Vec<usize> {
        let within = self.all.iter().enumerate().filter(|(_, attribute)| attributes.contains(*attribute));
        within.map(|(column, _)| column).collect()
    }

    /// Whether the parts always join to the table they came from.
    pub fn is_lossless(&self) -> bool {
        self.rows.iter().any(|row| row.iter().all(|value| *value == 0))
    }

    /// A table that obeys the dependencies and that the parts do not give back, with the row that joining
    /// them makes up; `None` when there is no such table.
    pub fn counterexample(&self, schema: &Schema) -> Option<Table> {
        if self.is_lossless() {
            return None;
        }
        let names = self.all.iter().map(|attribute| schema.name(attribute));
        let table = Table::new(std::iter::once("row").chain(names));
        let value = |(column, value): (usize, &usize)| {
            let name = schema.name(self.all.iter().nth(column).unwrap_or_default());
            let initial = name.chars().next().unwrap_or('v');
            format!("{initial}{value}")
        };
        let rows: BTreeSet<Vec<String>> =
            self.rows.iter().map(|row| row.iter().enumerate().map(value).collect()).collect();
        let made_up: Vec<String> = vec![0; self.all.len()].iter().enumerate().map(value).collect();
        let table =
            rows.into_iter().fold(table, |table, row| table.row(std::iter::once("stored".into()).chain(row)));
        Some(table.row(std::iter::once("made up by the join".into()).chain(made_up)))
    }
}
