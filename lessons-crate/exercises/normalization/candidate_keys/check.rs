//! Checks the candidate keys of a table.

use std::collections::BTreeSet;

use algorithms::normalization::{AttrSet, Fd, candidate_keys as right, closure};

use super::EXERCISE;
use crate::normalization::shared::{random_dependencies, show, show_sets};
use crate::{Checker, Failure, Report};

/// All attributes and the dependencies in, the candidate keys out.
type Keys = fn(AttrSet, &[Fd]) -> Vec<AttrSet>;
/// What must be true of an answer.
type Rule = fn(AttrSet, &[Fd], &[AttrSet]) -> Result<(), Failure>;

/// Checks a function that gives all candidate keys of a table.
pub fn candidate_keys(keys: fn(AttrSet, &[Fd]) -> Vec<AttrSet>) -> Report {
    Checker::new(&EXERCISE)
        .visible("street, city, zip: SC -> Z, Z -> C has the keys CS and SZ", move || {
            let fds = [Fd::letters("SC", "Z"), Fd::letters("Z", "C")];
            all_rules(keys, AttrSet::letters("CSZ"), &fds)
        })
        .visible("every answer determines the whole table", move || cases(keys, determines))
        .visible("no answer has an attribute too many", move || cases(keys, minimal))
        .hidden("every key is found", move || cases(keys, complete))
        .hidden("every key is given once", move || cases(keys, once))
        .hidden("a table of 40 attributes is answered, which has too many subsets to try", move || {
            let pair = |i: usize| [(2 * i, 2 * i + 1), (2 * i + 1, 2 * i)];
            let fd = |(a, b)| Fd::new(AttrSet::one(a), AttrSet::one(b));
            // Six pairs that determine each other, and attributes that follow from the first.
            let pairs = (0..6).flat_map(pair).map(fd);
            let rest = Fd::new(AttrSet::one(0), AttrSet::first(40) - AttrSet::first(12));
            all_rules(keys, AttrSet::first(40), &pairs.chain([rest]).collect::<Vec<_>>())
        })
        .finish()
}

fn cases(keys: Keys, rule: Rule) -> Result<(), Failure> {
    let abc = AttrSet::letters("ABC");
    let with_lone = [Fd::letters("A", "B")];
    let cycle = [Fd::letters("A", "B"), Fd::letters("B", "A")];
    let small: [(AttrSet, &[Fd]); 3] = [(abc, &[]), (abc, &with_lone), (abc, &cycle)];
    small.into_iter().try_for_each(|(all, fds)| ask(keys, rule, all, fds))?;
    random_dependencies(200, 6).iter().try_for_each(|fds| ask(keys, rule, AttrSet::first(6), fds))
}

fn all_rules(keys: Keys, all: AttrSet, fds: &[Fd]) -> Result<(), Failure> {
    [determines, minimal, complete, once].into_iter().try_for_each(|rule| ask(keys, rule, all, fds))
}

fn ask(keys: Keys, rule: Rule, all: AttrSet, fds: &[Fd]) -> Result<(), Failure> {
    rule(all, fds, &keys(all, fds))
        .map_err(|failure| failure.input(format!("candidate_keys({all}, [{}])", show(fds))))
}

fn determines(all: AttrSet, fds: &[Fd], found: &[AttrSet]) -> Result<(), Failure> {
    let Some(not_a_key) = found.iter().find(|key| !all.is_subset(closure(**key, fds))) else { return Ok(()) };
    let missing = all - closure(*not_a_key, fds);
    let named = fds.iter().fold(AttrSet::EMPTY, |named, fd| named | fd.lhs | fd.rhs);
    let failure = Failure::new(
        format!("sets that determine {all}"),
        format!("{not_a_key}, which does not determine {missing}"),
    );
    Err(if (missing & named).is_empty() {
        failure.diagnosis(
            "lone-attributes",
            "An attribute that no dependency names is determined by nothing, so it is part of every key.",
        )
    } else {
        failure
            .diagnosis("not-a-key", "A key must determine every attribute: its closure is the whole table.")
    })
}

fn minimal(all: AttrSet, fds: &[Fd], found: &[AttrSet]) -> Result<(), Failure> {
    let spare = |key: &AttrSet| key.iter().find(|a| all.is_subset(closure(*key - AttrSet::one(*a), fds)));
    let Some((key, spare)) = found.iter().find_map(|key| Some((key, spare(key)?))) else { return Ok(()) };
    Err(Failure::new(
        format!("keys: {}", show_sets(&right(all, fds))),
        format!("{key}, which determines everything without {} too", AttrSet::one(spare)),
    )
    .diagnosis(
        "not-minimal",
        "That is a superkey. A candidate key has no attribute to spare: drop each one in turn, and keep it out if the rest still determines everything.",
    ))
}

fn complete(all: AttrSet, fds: &[Fd], found: &[AttrSet]) -> Result<(), Failure> {
    let keys = right(all, fds);
    if keys.iter().all(|key| found.contains(key)) {
        return Ok(());
    }
    let failure = Failure::new(format!("keys: {}", show_sets(&keys)), format!("keys: {}", show_sets(found)));
    let sides: BTreeSet<AttrSet> = fds.iter().map(|fd| fd.lhs).collect();
    Err(if found.is_empty() {
        failure.diagnosis(
            "no-key",
            "Every table has a key: all attributes together determine everything, and what is left when none can be spared is one.",
        )
    } else if found.len() == 1 {
        failure.diagnosis(
            "stops-at-the-first",
            "One key is not all of them, and a key need not be the left side of a dependency. For a key K and a dependency X -> Y, the set X with K without Y determines everything too, and has a key in it.",
        )
    } else if found.iter().all(|key| sides.contains(key)) {
        failure.diagnosis(
            "left-sides-only",
            "A key need not be the left side of a dependency: it can be put together from several.",
        )
    } else {
        failure.diagnosis(
            "misses-keys",
            "A new key can lead to further ones: try every dependency on it as well, until nothing new comes.",
        )
    })
}

fn once(all: AttrSet, fds: &[Fd], found: &[AttrSet]) -> Result<(), Failure> {
    let different: BTreeSet<&AttrSet> = found.iter().collect();
    if different.len() == found.len() {
        return Ok(());
    }
    Err(Failure::new(format!("keys: {}", show_sets(&right(all, fds))), format!("keys: {}", show_sets(found)))
        .diagnosis("repeated", "The same key is reached in several ways. Keep a set of those that you know."))
}
