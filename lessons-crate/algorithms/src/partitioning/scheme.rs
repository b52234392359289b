//! Which partition a row belongs to, and which partitions a query can leave out.

use std::collections::{BTreeMap, BTreeSet};

use super::{Predicate, Value, ValueSet};
use crate::hash::hash_u64;

/// A set of values with at most so many is hashed value by value to prune hash partitions; a larger one touches all.
const POINTS_MAX: usize = 64;

/// So that partitions by hash have nothing to do with a hash table's, or a shard's, of the same key.
const SEED: u64 = 11;

/// Which values of the scheme's column a partition holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    /// From `from`, included, to `to`, not included; `None` is unbounded. Never NULL.
    Range {
        /// The first value.
        from: Option<i64>,
        /// The first value that is too large.
        to: Option<i64>,
    },
    /// These values; NULL can be one of them.
    List(BTreeSet<Value>),
    /// Values whose hash leaves this remainder; NULL is with remainder 0.
    Hash {
        /// By what the hash is divided.
        modulus: u64,
        /// What must be left.
        remainder: u64,
    },
    /// Whatever no other partition holds.
    Default,
}

impl Holds {
    /// From `from`, included, to `to`, not included.
    pub fn range(from: i64, to: i64) -> Self {
        Self::Range { from: Some(from), to: Some(to) }
    }

    /// These values.
    pub fn list(values: impl IntoIterator<Item = i64>) -> Self {
        Self::List(values.into_iter().map(Some).collect())
    }

    /// The values of a range or a list.
    fn values(&self) -> ValueSet {
        match self {
            Self::Range { from, to } => {
                let first = from.unwrap_or(i64::MIN);
                match to {
                    None => ValueSet::between(first, i64::MAX),
                    // Nothing is below the smallest integer.
                    Some(to) => {
                        to.checked_sub(1).map_or_else(ValueSet::none, |last| ValueSet::between(first, last))
                    }
                }
            }
            Self::List(values) => ValueSet::of(values.iter().copied()),
            Self::Hash { .. } | Self::Default => ValueSet::none(),
        }
    }

    /// Whether it takes this value by itself; for the default partition the others must be asked.
    fn admits(&self, value: Value) -> bool {
        match self {
            Self::Hash { modulus, remainder } => hash_of(value) % modulus == *remainder,
            Self::List(values) => values.contains(&value),
            Self::Range { from, to } => value
                .is_some_and(|value| from.is_none_or(|from| from <= value) && to.is_none_or(|to| value < to)),
            Self::Default => false,
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Hash { modulus: a, remainder: r }, Self::Hash { modulus: b, remainder: s }) => {
                // By the Chinese remainder theorem a number with both remainders exists only then.
                r % gcd(*a, *b) == s % gcd(*a, *b)
            }
            (Self::Default, Self::Default) => true,
            _ => !self.values().intersection(&other.values()).is_empty(),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Hash { modulus, remainder } => remainder >= modulus,
            Self::Default => false,
            _ => self.values().is_empty(),
        }
    }

    fn method(&self) -> Option<&'static str> {
        match self {
            Self::Range { .. } => Some("range"),
            Self::List(_) => Some("list"),
            Self::Hash { .. } => Some("hash"),
            Self::Default => None,
        }
    }
}

fn hash_of(value: Value) -> u64 {
    value.map_or(0, |value| hash_u64(value.cast_unsigned(), SEED))
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Why a table cannot be cut like this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartitionError {
    /// A value would belong to two partitions.
    #[error("partition {name} would overlap partition {other}: a row must have exactly one place")]
    Overlap {
        /// The new one.
        name: String,
        /// The one that is there.
        other: String,
    },
    /// No value could ever be in it.
    #[error(
        "partition {0} holds nothing: is its upper bound above the lower one, its remainder below the modulus?"
    )]
    Empty(String),
    /// Siblings are cut by one method.
    #[error(
        "partition {name} is cut by {method}, its siblings by another method: nest a scheme in a partition instead"
    )]
    Mixed {
        /// The new one.
        name: String,
        /// How it is cut.
        method: &'static str,
    },
    /// Hashes have no rest: each value leaves one of the remainders.
    #[error("a table that is cut by hash has no default partition: make one for each remainder instead")]
    NoRest,
    /// There is one of this name.
    #[error("there is a partition {0} already")]
    Taken(String),
    /// There is none of this name.
    #[error("there is no partition {0}")]
    Unknown(String),
    /// A row that belongs nowhere.
    #[error("no partition for the value {0:?}: add one for it, or a default partition")]
    NoPartition(Value),
    /// A row that is attached, or in the default partition, belongs elsewhere.
    #[error("{rows} rows of {name} belong elsewhere: move them first")]
    WrongPlace {
        /// Which partition they are in.
        name: String,
        /// How many.
        rows: usize,
    },
}

#[derive(Clone, Debug)]
struct Part {
    name: String,
    holds: Holds,
    within: Option<Scheme>,
}

/// How a table is cut: by which column, and which values go where.
///
/// Partitions of one scheme do not overlap, so a row has at most one place; it has exactly one when there is a default
/// partition, or the partitions cover every value. A partition can be cut again by a scheme of its own (composite
/// partitioning); the name of a row's place is then a path, such as `2026-01/3`.
///
/// # Pruning
///
/// [`prune`](Self::prune) names the places where a row that passes a predicate can be. It never leaves one out that
/// has such a row. For an AND of comparisons on the columns of the scheme it names no other place either; for an OR of
/// those, too.
///
/// # Complexity
///
/// With p partitions and a predicate of n comparisons: a row is placed in O(p), a predicate pruned in O(n p). Real
/// planners search ranges in O(log p), and still spend time on each partition that is kept.
///
/// # Sources
///
/// S. Ceri, M. Negri and G. Pelagatti, "Horizontal Data Partitioning in Database Design", SIGMOD 1982 (disjoint and
/// complete fragments). D. J. DeWitt and J. Gray, "Parallel Database Systems: The Future of High Performance Database
/// Systems", CACM 35(6), 1992 (range, hash, round-robin). PostgreSQL documentation, "Table Partitioning".
///
/// # Examples
///
/// ```
/// use lessons::partitioning::{Holds, Predicate, Scheme};
///
/// let mut sales = Scheme::on(0);
/// sales.attach("2024", Holds::range(2_024, 2_025), None)?;
/// sales.attach("2025", Holds::range(2_025, 2_026), Some(Scheme::hash(1, 4)))?;
/// assert_eq!(sales.place(&[Some(2_024), Some(7)]).as_deref(), Some("2024"));
/// assert_eq!(sales.place(&[Some(2_026), Some(7)]), None);
/// assert_eq!(sales.prune(&Predicate::equals(0, 2_025)).len(), 4);
/// assert_eq!(sales.prune(&Predicate::equals(0, 2_025).and(Predicate::equals(1, 7))).len(), 1);
/// # Ok::<(), lessons::partitioning::PartitionError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Scheme {
    column: usize,
    /// Invariant: no two overlap, all but the default are cut by one method, and names are different.
    parts: Vec<Part>,
}

impl Scheme {
    /// Cut by this column, without a partition yet.
    pub fn on(column: usize) -> Self {
        Self { column, parts: Vec::new() }
    }

    /// So many partitions by hash of this column, named by their remainder.
    ///
    /// # Panics
    ///
    /// When `count` is 0: there would be no place for any row.
    pub fn hash(column: usize, count: u64) -> Self {
        assert!(count > 0, "rows need at least one partition");
        let part = |remainder: u64| Part {
            name: remainder.to_string(),
            holds: Holds::Hash { modulus: count, remainder },
            within: None,
        };
        Self { column, parts: (0..count).map(part).collect() }
    }

    /// Ranges of this column from each bound to the next, named by their number; nothing below the first bound or from
    /// the last one on.
    ///
    /// # Errors
    ///
    /// When the bounds do not grow.
    pub fn ranges(column: usize, bounds: &[i64]) -> Result<Self, PartitionError> {
        let mut scheme = Self::on(column);
        for (number, pair) in bounds.windows(2).enumerate() {
            scheme.attach(&number.to_string(), Holds::range(pair[0], pair[1]), None)?;
        }
        Ok(scheme)
    }

    /// Adds a partition, cut again by `within`, if any.
    ///
    /// # Errors
    ///
    /// When it overlaps another, is cut by another method, holds nothing, or its name is taken.
    pub fn attach(&mut self, name: &str, holds: Holds, within: Option<Self>) -> Result<(), PartitionError> {
        if holds.is_empty() {
            return Err(PartitionError::Empty(name.to_owned()));
        }
        for part in &self.parts {
            if part.name == name {
                return Err(PartitionError::Taken(name.to_owned()));
            }
            match (part.holds.method(), holds.method()) {
                (Some(one), Some(other)) if one != other => {
                    return Err(PartitionError::Mixed { name: name.to_owned(), method: other });
                }
                // PostgreSQL refuses it, too.
                (Some("hash"), None) | (None, Some("hash")) => return Err(PartitionError::NoRest),
                _ => {}
            }
            if part.holds.overlaps(&holds) {
                return Err(PartitionError::Overlap { name: name.to_owned(), other: part.name.clone() });
            }
        }
        self.parts.push(Part { name: name.to_owned(), holds, within });
        Ok(())
    }

    /// Takes a partition out, with all that is within: what it held.
    ///
    /// # Errors
    ///
    /// When there is none of this name.
    pub fn detach(&mut self, name: &str) -> Result<Holds, PartitionError> {
        let found = self.parts.iter().position(|part| part.name == name);
        let index = found.ok_or_else(|| PartitionError::Unknown(name.to_owned()))?;
        Ok(self.parts.remove(index).holds)
    }

    /// Which column it is cut by.
    pub fn column(&self) -> usize {
        self.column
    }

    /// The names of all places, in the order in which they were attached.
    pub fn places(&self) -> Vec<String> {
        let places = self.parts.iter().flat_map(|part| match &part.within {
            None => vec![part.name.clone()],
            Some(within) => {
                within.places().into_iter().map(|inner| format!("{}/{inner}", part.name)).collect()
            }
        });
        places.collect()
    }

    /// The place of a row; `None` when no partition takes it.
    pub fn place(&self, row: &[Value]) -> Option<String> {
        let value = row.get(self.column).copied().flatten();
        let own = self.parts.iter().find(|part| part.holds.admits(value));
        let part = own.or_else(|| self.parts.iter().find(|part| part.holds == Holds::Default))?;
        match &part.within {
            None => Some(part.name.clone()),
            Some(within) => within.place(row).map(|inner| format!("{}/{inner}", part.name)),
        }
    }

    /// Whether a partition that is attached at the top would take this row from the default one.
    pub(super) fn would_take(&self, holds: &Holds, row: &[Value]) -> bool {
        holds.admits(row.get(self.column).copied().flatten())
    }

    /// The name of the default partition at the top.
    pub(super) fn default_part(&self) -> Option<&str> {
        self.parts.iter().find(|part| part.holds == Holds::Default).map(|part| part.name.as_str())
    }

    /// The places where a row that passes the predicate can be.
    pub fn prune(&self, predicate: &Predicate) -> BTreeSet<String> {
        // Each half by itself, so that it is not forgotten which month belongs to which tenant.
        if let Predicate::Or(any) = predicate {
            return any.iter().flat_map(|part| self.prune(part)).collect();
        }
        let possible = predicate.possible(self.column);
        let points = possible.points(POINTS_MAX);
        let kept = self.parts.iter().filter(|part| match &part.holds {
            Holds::Hash { .. } => {
                points.as_ref().is_none_or(|points| points.iter().any(|&value| part.holds.admits(value)))
            }
            Holds::Default => !possible.is_subset(&self.covered()),
            holds => !holds.values().intersection(&possible).is_empty(),
        });
        let places = kept.flat_map(|part| match &part.within {
            None => vec![part.name.clone()],
            Some(within) => {
                within.prune(predicate).into_iter().map(|inner| format!("{}/{inner}", part.name)).collect()
            }
        });
        places.collect()
    }

    /// What ranges and lists hold by themselves.
    fn covered(&self) -> ValueSet {
        self.parts.iter().fold(ValueSet::none(), |set, part| set.union(&part.holds.values()))
    }

    /// How many of these rows are in each place, empty places included; rows without a place are left out.
    pub fn count<'a>(&self, rows: impl IntoIterator<Item = &'a [Value]>) -> BTreeMap<String, u64> {
        let mut counts: BTreeMap<String, u64> = self.places().into_iter().map(|place| (place, 0)).collect();
        for row in rows {
            if let Some(count) = self.place(row).and_then(|place| counts.get_mut(&place)) {
                *count += 1;
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![9 => (-3_i64..33).prop_map(Some), 1 => Just(None)]
    }

    /// Ranges with a gap, lists with NULL, hash, and two composites; with a default or without.
    fn scheme() -> impl Strategy<Value = Scheme> {
        (0_usize..5, any::<bool>()).prop_map(|(kind, with_default)| {
            let inner = || Some(Scheme::hash(1, 3));
            let mut scheme = Scheme::on(0);
            let parts = match kind {
                0 => vec![
                    (Holds::Range { from: None, to: Some(5) }, None),
                    (Holds::range(5, 10), None),
                    (Holds::range(15, 30), None),
                ],
                1 => vec![
                    (Holds::list([1, 4, 9]), None),
                    (Holds::List(BTreeSet::from([Some(2), None])), None),
                    (Holds::list(10..20), inner()),
                ],
                2 => return Scheme::hash(0, 4),
                3 => vec![(Holds::range(0, 10), inner()), (Holds::range(10, 20), inner())],
                _ => {
                    let mut by_region = Scheme::on(1);
                    by_region.attach("low", Holds::range(0, 10), None).unwrap();
                    by_region.attach("rest", Holds::Default, None).unwrap();
                    vec![(Holds::range(0, 20), Some(by_region)), (Holds::range(20, 25), None)]
                }
            };
            for (number, (holds, within)) in parts.into_iter().enumerate() {
                scheme.attach(&format!("p{number}"), holds, within).unwrap();
            }
            if with_default {
                scheme.attach("rest", Holds::Default, None).unwrap();
            }
            scheme
        })
    }

    fn comparison() -> impl Strategy<Value = Predicate> {
        let column = 0_usize..3;
        prop_oneof![
            (column.clone(), -3_i64..33, -2_i64..12).prop_map(|(c, first, more)| Predicate::between(
                c,
                first,
                first + more
            )),
            (column.clone(), prop::collection::vec(-3_i64..33, 0..4))
                .prop_map(|(c, values)| Predicate::one_of(c, values)),
            (column.clone(), -3_i64..33).prop_map(|(c, end)| Predicate::below(c, end)),
            column.clone().prop_map(Predicate::is_null),
            column.prop_map(|c| Predicate::function(c, |value| value % 3 == 0)),
            Just(Predicate::Anything),
        ]
    }

    fn predicate() -> impl Strategy<Value = Predicate> {
        comparison().prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Predicate::And),
                prop::collection::vec(inner, 0..4).prop_map(Predicate::Or),
            ]
        })
    }

    proptest! {
        #[test]
        fn pruning_never_loses_a_row(
            scheme in scheme(),
            predicate in predicate(),
            rows in prop::collection::vec(prop::collection::vec(value(), 3), 1..60),
        ) {
            let kept = scheme.prune(&predicate);
            for row in rows.iter().filter(|row| predicate.matches(row)) {
                if let Some(place) = scheme.place(row) {
                    prop_assert!(kept.contains(&place), "{:?} is in {}, kept {:?}", row, place, kept);
                }
            }
        }

        #[test]
        fn pruning_keeps_no_place_that_a_comparison_of_its_columns_cannot_touch(
            scheme in scheme(),
            first in -3_i64..33, more in 0_i64..12,
            values in prop::collection::vec(-3_i64..33, 0..4),
        ) {
            let predicate = Predicate::between(0, first, first + more).and(Predicate::one_of(1, values));
            // Every row that there could be within the universe of these predicates.
            let touched: BTreeSet<String> = (-4..50)
                .flat_map(|a| (-4..50).map(move |b| [Some(a), Some(b)]))
                .filter(|row| predicate.matches(row))
                .filter_map(|row| scheme.place(&row))
                .collect();
            let kept = scheme.prune(&predicate);
            let one_level = scheme.parts.iter().all(|part| part.within.is_none());
            if one_level && kept != touched {
                // Without a value for the other column nothing matches, and a scheme does not look at it.
                prop_assert!(touched.is_empty(), "kept {:?}, touched {:?}", kept, touched);
            } else if !touched.is_empty() {
                prop_assert_eq!(kept.difference(&touched).filter(|place| place.contains('/')).count(), 0);
            }
        }

        #[test]
        fn a_row_has_exactly_one_place(scheme in scheme(), a in value(), b in value()) {
            let row = [a, b];
            let takers = scheme.parts.iter().filter(|part| part.holds.admits(a)).count();
            prop_assert!(takers <= 1);
            if scheme.default_part().is_some() || takers == 1 {
                prop_assert!(scheme.place(&row).is_some());
            }
            if let Some(place) = scheme.place(&row) {
                prop_assert!(scheme.places().contains(&place));
            }
        }

        #[test]
        fn hashes_of_different_moduli_overlap_as_counted(a in 1_u64..9, b in 1_u64..9, r in 0_u64..9, s in 0_u64..9) {
            let (r, s) = (r % a, s % b);
            let one = Holds::Hash { modulus: a, remainder: r };
            let other = Holds::Hash { modulus: b, remainder: s };
            let naive = (0..a * b).any(|hash| hash % a == r && hash % b == s);
            prop_assert_eq!(one.overlaps(&other), naive);
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let mut scheme = Scheme::ranges(0, &[0, 10, 20]).unwrap();
        let refused = |scheme: &mut Scheme, name: &str, holds| scheme.attach(name, holds, None).unwrap_err();
        let overlap = PartitionError::Overlap { name: "x".into(), other: "1".into() };
        assert_eq!(refused(&mut scheme, "x", Holds::range(19, 25)), overlap);
        assert_eq!(refused(&mut scheme, "x", Holds::range(30, 30)), PartitionError::Empty("x".into()));
        assert_eq!(refused(&mut scheme, "0", Holds::range(30, 40)), PartitionError::Taken("0".into()));
        assert!(matches!(refused(&mut scheme, "x", Holds::list([40])), PartitionError::Mixed { .. }));
        scheme.attach("rest", Holds::Default, None).unwrap();
        assert!(matches!(refused(&mut scheme, "x", Holds::Default), PartitionError::Overlap { .. }));
        let mut hash = Scheme::hash(0, 2);
        assert_eq!(refused(&mut hash, "rest", Holds::Default), PartitionError::NoRest);
        assert_eq!(hash.detach("7"), Err(PartitionError::Unknown("7".into())));
    }

    #[test]
    fn a_hash_partition_can_be_cut_in_two_without_touching_the_others() {
        let mut scheme = Scheme::hash(0, 4);
        let rows: Vec<[Value; 1]> = (0..1_000).map(|key| [Some(key)]).collect();
        let before: Vec<Option<String>> = rows.iter().map(|row| scheme.place(row)).collect();
        scheme.detach("1").unwrap();
        scheme.attach("1 of 8", Holds::Hash { modulus: 8, remainder: 1 }, None).unwrap();
        scheme.attach("5 of 8", Holds::Hash { modulus: 8, remainder: 5 }, None).unwrap();
        for (row, before) in rows.iter().zip(before) {
            let (before, after) = (before.unwrap(), scheme.place(row).unwrap());
            assert!(before == after || (before == "1" && after.ends_with("of 8")), "{before} {after}");
        }
    }
}
