//! Checks tables in third normal form.

use algorithms::normalization::{AttrSet, Chase, Fd, NormalForm, Schema, closure, keeps};

use super::EXERCISE;
use crate::normalization::shared::{random_dependencies, show, show_sets};
use crate::{Checker, Failure, Report};

/// All attributes and the dependencies in, the tables out.
type Synthesize = fn(AttrSet, &[Fd]) -> Vec<AttrSet>;
/// What must be true of an answer.
type Rule = fn(AttrSet, &[Fd], &[AttrSet]) -> Result<(), Failure>;

/// Checks a function that splits a table into third normal form.
pub fn synthesis(synthesize: fn(AttrSet, &[Fd]) -> Vec<AttrSet>) -> Report {
    Checker::new(&EXERCISE)
        .visible("order, customer, city (A -> B, B -> C) become AB and BC", move || {
            exactly(synthesize, "ABC", &[("A", "B"), ("B", "C")], &["AB", "BC"])
        })
        .visible("every table is in third normal form", move || small(synthesize, third))
        .visible("no attribute stands where it need not", move || {
            exactly(synthesize, "ABCD", &[("A", "D"), ("D", "B"), ("AB", "C")], &["ACD", "BD"])
        })
        .hidden("what one key determines stands in one table", move || {
            exactly(synthesize, "ABCD", &[("A", "B"), ("A", "C"), ("A", "D")], &["ABCD"])
        })
        .hidden("joining the tables gives back what was split", move || all(synthesize, lossless))
        .hidden("every dependency can be checked in one table", move || all(synthesize, preserving))
        .hidden("no table is part of another", move || all(synthesize, apart))
        .hidden("third normal form, for 150 lists of dependencies", move || all(synthesize, third))
        .finish()
}

fn small(synthesize: Synthesize, rule: Rule) -> Result<(), Failure> {
    let fds = |fds: &[(&str, &str)]| fds.iter().map(|(lhs, rhs)| Fd::letters(lhs, rhs)).collect::<Vec<_>>();
    let small = [
        ("ABCD", fds(&[("A", "B"), ("B", "C"), ("A", "C"), ("C", "D")])),
        ("ABC", fds(&[("AB", "C"), ("C", "A")])),
        ("ABC", fds(&[("A", "B")])),
        ("ABCD", fds(&[("A", "B"), ("C", "D")])),
    ];
    small.iter().try_for_each(|(all, fds)| ask(synthesize, rule, AttrSet::letters(all), fds))
}

fn all(synthesize: Synthesize, rule: Rule) -> Result<(), Failure> {
    small(synthesize, rule)?;
    random_dependencies(150, 6).iter().try_for_each(|fds| ask(synthesize, rule, AttrSet::first(6), fds))
}

fn ask(synthesize: Synthesize, rule: Rule, all: AttrSet, fds: &[Fd]) -> Result<(), Failure> {
    rule(all, fds, &synthesize(all, fds))
        .map_err(|failure| failure.input(format!("synthesize({all}, [{}])", show(fds))))
}

/// For dependencies that have one minimal cover, and so one answer.
fn exactly(
    synthesize: Synthesize,
    all: &str,
    fds: &[(&str, &str)],
    expected: &[&str],
) -> Result<(), Failure> {
    let all = AttrSet::letters(all);
    let fds: Vec<Fd> = fds.iter().map(|(lhs, rhs)| Fd::letters(lhs, rhs)).collect();
    let expected: Vec<AttrSet> = expected.iter().map(|set| AttrSet::letters(set)).collect();
    let mut found = synthesize(all, &fds);
    found.sort_by_key(AttrSet::to_string);
    if found == expected {
        return Ok(());
    }
    let failure = Failure::new(show_sets(&expected), show_sets(&found))
        .input(format!("synthesize({all}, [{}])", show(&fds)));
    let same_key = |part: &&AttrSet| part.contains(0) && part.len() < expected[0].len();
    let not_direct =
        |part: &AttrSet| !expected.contains(part) && fds.iter().any(|fd| closure(fd.lhs, &fds) == *part);
    Err(if expected.len() > 1 && found == [all] {
        not_split(failure)
    } else if expected.len() > 1 && found.iter().any(not_direct) {
        failure.diagnosis(
            "not-direct",
            "A table has what its left side determines directly. What follows only by way of another table is stored there: with A -> B and B -> C, the C belongs to B.",
        )
    } else if expected.len() == 1 && found.iter().filter(same_key).count() > 1 {
        failure.diagnosis(
            "not-grouped",
            "One table for each dependency is more tables than needed: those with the same left side describe the same thing, so they share a table.",
        )
    } else if found.iter().any(|part| expected.iter().any(|right| right.is_subset(*part) && right != part))
        || found.contains(&AttrSet::letters("ABC"))
    {
        failure.diagnosis(
            "left-side-not-reduced",
            "In AB -> C the B is not needed when A alone determines B. Shorten left sides before you make tables of them.",
        )
    } else {
        failure
    })
}

fn third(all: AttrSet, fds: &[Fd], parts: &[AttrSet]) -> Result<(), Failure> {
    let names: Vec<String> = (0..26u8).map(|i| char::from(b'A' + i).to_string()).collect();
    let schema = Schema::new(&names.join(" "), "")
        .unwrap_or_else(|error| panic!("A to Z: {error}"))
        .with(fds.to_vec());
    let split = schema.decomposition(parts.to_vec());
    let Some(part) = parts.iter().find(|part| split.normal_form(**part) < NormalForm::Third) else {
        return Ok(());
    };
    let failure = Failure::new("tables in third normal form", format!("{part} of {}", show_sets(parts)));
    Err(if parts.len() == 1 && parts[0] == all {
        not_split(failure)
    } else {
        failure.diagnosis(
            "redundant-dependency",
            "A dependency that follows from the others needs no table of its own, and brings attributes together that belong apart. Remove each one that the others imply.",
        )
    })
}

fn not_split(failure: Failure) -> Failure {
    failure.diagnosis(
        "not-split",
        "The table is returned as it was, and it holds some facts more than once. Make a table for each left side of a minimal cover.",
    )
}

fn lossless(all: AttrSet, fds: &[Fd], parts: &[AttrSet]) -> Result<(), Failure> {
    let covered = parts.iter().fold(AttrSet::EMPTY, |covered, part| covered | *part);
    if covered == all && Chase::new(all, parts, fds).is_lossless() {
        return Ok(());
    }
    let has_key = parts.iter().any(|part| all.is_subset(closure(*part, fds)));
    let failure = Failure::new("tables that join to the one that was split", show_sets(parts));
    Err(if has_key {
        failure
    } else {
        failure.diagnosis(
            "no-key-table",
            "No table has a key of the whole, so nothing says which row of one belongs to which of another: the join makes up rows. Add a table with the attributes of a key.",
        )
    })
}

fn preserving(_all: AttrSet, fds: &[Fd], parts: &[AttrSet]) -> Result<(), Failure> {
    let Some(lost) = fds.iter().find(|fd| !keeps(parts, fds, **fd)) else { return Ok(()) };
    Err(Failure::new(format!("tables in which {lost} can be checked"), show_sets(parts)).diagnosis(
        "dependency-lost",
        "That is what splitting into Boyce-Codd normal form can do. Synthesis goes the other way: it begins with the dependencies, and makes a table for each left side.",
    ))
}

fn apart(_all: AttrSet, _fds: &[Fd], parts: &[AttrSet]) -> Result<(), Failure> {
    let inside = |(number, part): (usize, &AttrSet)| {
        let other = parts.iter().enumerate().find(|(other, set)| *other != number && part.is_subset(**set));
        other.map(|(_, other)| (*part, *other))
    };
    let Some((part, other)) = parts.iter().enumerate().find_map(inside) else { return Ok(()) };
    Err(Failure::new("tables of which none is part of another", format!("{part} and {other}")).diagnosis(
        "inside-another",
        "All that the smaller table says is in the larger one too: leave the smaller one out, or the second of two that are equal.",
    ))
}
