//! The smallest part of a history that no order explains, and what to call it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::history::{Action, INITIAL, Operation};
use super::search::{Found, search};

/// The smallest part of a history that cannot be linearized: without any one of its operations it could be.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// What kind it is.
    pub anomaly: Anomaly,
    /// The operations, in order of their calls.
    pub operations: Vec<Operation>,
    /// Their indices in the history.
    pub indices: Vec<usize>,
    /// Up to this answer there is an order, with it there is none.
    pub until: f64,
}

/// The kinds of violation that have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anomaly {
    /// A read returned what nobody had begun to write.
    OutOfThinAir,
    /// A read returned an old value although a newer one had been written before the read began.
    StaleRead,
    /// Two reads, one after the other: the first saw a new value, the second the old one.
    NewOldInversion,
    /// A value was read, then replaced, and then read again.
    Resurrection,
    /// Any other: the operations contradict each other as a whole.
    Contradiction,
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfThinAir => "a value out of thin air",
            Self::StaleRead => "a stale read",
            Self::NewOldInversion => "a new-old inversion",
            Self::Resurrection => "a value that came back",
            Self::Contradiction => "a contradiction",
        })
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, no order explains", self.anomaly)?;
        for (i, operation) in self.operations.iter().enumerate() {
            write!(f, "{}{operation}", if i == 0 { " [" } else { "; " })?;
        }
        f.write_str("]")
    }
}

/// Makes a violation as small as it can be by leaving out operations, never so that a correct history would
/// become a wrong one: a write goes only together with the reads of its value.
pub(super) fn smallest(operations: &[(usize, Operation)], limit: u64) -> Violation {
    let violates = |part: &[(usize, Operation)]| search(part, limit) == Found::Nothing;
    let until = shortest_prefix(operations, &violates);
    let mut part = prefix(operations, until);
    part.sort_by(|a, b| a.1.call.total_cmp(&b.1.call));
    loop {
        let before = part.len();
        part = without_chunks(part, &by_value, &violates);
        part = without_chunks(part, &single_reads, &violates);
        if part.len() == before {
            break;
        }
    }
    let indices: Vec<usize> = part.into_iter().map(|(index, _)| index).collect();
    // With their answers, also those that came after the prefix.
    let whole = operations.iter().filter(|(index, _)| indices.contains(index));
    let mut operations: Vec<Operation> = whole.map(|(_, operation)| *operation).collect();
    operations.sort_by(|a, b| a.call.total_cmp(&b.call));
    Violation { anomaly: anomaly(&operations), operations, indices, until }
}

type Part = Vec<(usize, Operation)>;
type Violates<'a> = &'a dyn Fn(&[(usize, Operation)]) -> bool;
type Groups<'a> = &'a dyn Fn(&Part) -> Vec<Vec<usize>>;

/// What had happened, as known at this time.
fn prefix(operations: &[(usize, Operation)], until: f64) -> Part {
    let begun = operations.iter().filter(|(_, operation)| operation.call <= until);
    let known = begun.map(|&(index, mut operation)| {
        operation.ret = operation.ret.filter(|&ret| ret <= until);
        (index, operation)
    });
    known
        .filter(|(_, operation)| operation.ret.is_some() || !matches!(operation.action, Action::Read(_)))
        .collect()
}

/// The first answer that makes the history wrong. A history that is wrong stays so, whatever comes after.
fn shortest_prefix(operations: &[(usize, Operation)], violates: Violates<'_>) -> f64 {
    let mut answers: Vec<f64> = operations.iter().filter_map(|(_, operation)| operation.ret).collect();
    answers.sort_unstable_by(f64::total_cmp);
    let first = answers.partition_point(|&until| !violates(&prefix(operations, until)));
    answers.get(first).copied().unwrap_or(f64::INFINITY)
}

/// Leaves out groups of operations, large chunks of groups first, as long as the rest is still wrong.
fn without_chunks(mut part: Part, groups: Groups<'_>, violates: Violates<'_>) -> Part {
    let mut chunk = groups(&part).len().div_ceil(2);
    while chunk > 0 {
        let mut start = 0;
        loop {
            let current = groups(&part);
            if start >= current.len() {
                break;
            }
            let left_out: BTreeSet<usize> =
                current[start..current.len().min(start + chunk)].iter().flatten().copied().collect();
            let rest: Part = part.iter().filter(|(index, _)| !left_out.contains(index)).copied().collect();
            if violates(&rest) {
                part = rest;
            } else {
                start += chunk;
            }
        }
        chunk /= 2;
    }
    part
}

/// The operations that can only go together: those that write or read one value. None when there is a
/// compare-and-set: a refused one depends on every write.
fn by_value(part: &Part) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (index, operation) in part {
        match operation.action {
            Action::Write(value) | Action::Read(value) => groups.entry(value).or_default().push(*index),
            Action::Cas { .. } => return Vec::new(),
        }
    }
    groups.into_values().collect()
}

fn single_reads(part: &Part) -> Vec<Vec<usize>> {
    let reads = part.iter().filter(|(_, operation)| matches!(operation.action, Action::Read(_)));
    reads.map(|(index, _)| vec![*index]).collect()
}

fn anomaly(operations: &[Operation]) -> Anomaly {
    let written = |value: u64| {
        operations.iter().find(|o| match o.action {
            Action::Write(new) | Action::Cas { new, .. } => new == value,
            Action::Read(_) => false,
        })
    };
    let reads: Vec<(u64, &Operation)> = operations
        .iter()
        .filter_map(|o| if let Action::Read(value) = o.action { Some((value, o)) } else { None })
        .collect();
    let thin_air = |&&(value, read): &&(u64, &Operation)| {
        value != INITIAL && written(value).is_none_or(|write| read.precedes(write))
    };
    if reads.iter().find(thin_air).is_some() {
        return Anomaly::OutOfThinAir;
    }
    let before = |value: u64, later: &Operation| match written(value) {
        None => true,
        Some(write) => write.precedes(later),
    };
    let stale = |&(value, read): &(u64, &Operation)| {
        operations.iter().any(|o| match o.action {
            Action::Write(newer) => newer != value && o.precedes(read) && before(value, o),
            _ => false,
        })
    };
    if reads.iter().any(stale) {
        return Anomaly::StaleRead;
    }
    let came_back = |&(value, read): &(u64, &Operation)| {
        operations.iter().any(|o| {
            matches!(o.action, Action::Write(newer) if newer != value)
                && o.precedes(read)
                && reads.iter().any(|&(seen, first)| seen == value && first.precedes(o))
        })
    };
    if reads.iter().any(came_back) {
        return Anomaly::Resurrection;
    }
    let inverted = |&(new, first): &(u64, &Operation)| {
        reads.iter().any(|&(old, second)| new != old && first.precedes(second) && before(old, first))
    };
    if reads.iter().any(inverted) { Anomaly::NewOldInversion } else { Anomaly::Contradiction }
}
