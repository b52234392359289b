//! The normal forms that dependencies decide.

use std::collections::BTreeSet;
use std::fmt;

use super::{AttrSet, Fd, candidate_keys, closure, minimal_cover};

/// How well a table avoids storing one fact twice. First normal form, which asks for one value per row and
/// column, is a property of the values and is taken for granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NormalForm {
    /// Every value is one value.
    First,
    /// And no attribute outside all candidate keys depends on only a part of one.
    Second,
    /// And for each X → A, X determines everything or A is part of a candidate key.
    Third,
    /// And for each X → A, X determines everything.
    BoyceCodd,
}

impl NormalForm {
    /// The forms that dependencies decide, in order.
    pub const DECIDED: [Self; 3] = [Self::Second, Self::Third, Self::BoyceCodd];
}

impl fmt::Display for NormalForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::First => "1NF",
            Self::Second => "2NF",
            Self::Third => "3NF",
            Self::BoyceCodd => "BCNF",
        })
    }
}

/// The dependencies of a table that a normal form forbids; none when the table is in it.
///
/// # Sources
///
/// C. Zaniolo, "A New Normal Form for the Design of Relational Database Schemata", ACM TODS 7(3), 1982, for
/// third normal form without the word "transitive"; E. F. Codd, "Recent Investigations in Relational Data
/// Base Systems", IFIP Congress, 1974, for the form named after R. F. Boyce and him.
pub(super) fn violations(all: AttrSet, fds: &[Fd], form: NormalForm) -> Vec<Fd> {
    let keys = candidate_keys(all, fds);
    let prime = keys.iter().fold(AttrSet::EMPTY, |prime, key| prime | *key);
    let is_superkey = |x: AttrSet| all.is_subset(closure(x, fds));
    let cover = minimal_cover(fds).into_iter();
    match form {
        NormalForm::First => Vec::new(),
        NormalForm::Second => partial(&keys, prime, fds),
        NormalForm::Third => cover.filter(|fd| !is_superkey(fd.lhs) && !fd.rhs.is_subset(prime)).collect(),
        NormalForm::BoyceCodd => cover.filter(|fd| !is_superkey(fd.lhs)).collect(),
    }
}

/// What depends on a part of a key: the smallest such parts, each with all that it determines outside keys.
fn partial(keys: &BTreeSet<AttrSet>, prime: AttrSet, fds: &[Fd]) -> Vec<Fd> {
    let mut found: Vec<Fd> = Vec::new();
    for key in keys {
        let mut parts: Vec<AttrSet> = key.subsets().filter(|part| part != key).collect();
        parts.sort_by_key(|part| part.len());
        for part in parts {
            let rhs = closure(part, fds) - prime;
            // A larger part says nothing new about what a smaller one determines already.
            let old =
                found.iter().filter(|fd| fd.lhs.is_subset(part)).fold(AttrSet::EMPTY, |o, fd| o | fd.rhs);
            if !(rhs - old).is_empty() {
                found.push(Fd::new(part, rhs - old));
            }
        }
    }
    found
}
