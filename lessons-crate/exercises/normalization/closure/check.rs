//! Checks what a set of attributes determines.

use algorithms::normalization::{AttrSet, Fd, closure as right};

use super::EXERCISE;
use crate::normalization::shared::{random_dependencies, show};
use crate::{Checker, Failure, Report};

/// Known attributes and dependencies in, all that they determine out.
type Closure = fn(AttrSet, &[Fd]) -> AttrSet;

/// Checks a function that gives everything a set of attributes determines.
pub fn closure(closure: fn(AttrSet, &[Fd]) -> AttrSet) -> Report {
    Checker::new(&EXERCISE)
        .visible("A with A -> B determines A and B", move || check(closure, "A", &[("A", "B")]))
        .visible("more may be known than a left side asks for", move || check(closure, "AB", &[("A", "C")]))
        .visible("a left side must be known as a whole", move || {
            check(closure, "A", &[("AB", "C"), ("A", "D")])
        })
        .visible("dependencies may come in any order", move || {
            check(closure, "A", &[("C", "D"), ("B", "C"), ("A", "B")])
        })
        .hidden("an arrow has one direction", move || check(closure, "B", &[("A", "B"), ("B", "C")]))
        .hidden("with no dependency a set determines itself", move || check(closure, "AC", &[]))
        .hidden("an empty left side is always known", move || check(closure, "A", &[("", "B"), ("B", "C")]))
        .hidden("it is right for 500 lists of dependencies", move || random(closure))
        .finish()
}

fn check(closure: Closure, x: &str, fds: &[(&str, &str)]) -> Result<(), Failure> {
    let fds: Vec<Fd> = fds.iter().map(|(lhs, rhs)| Fd::letters(lhs, rhs)).collect();
    compare(closure, AttrSet::letters(x), &fds)
}

fn random(closure: Closure) -> Result<(), Failure> {
    random_dependencies(500, 6)
        .iter()
        .try_for_each(|fds| (0..6).try_for_each(|attribute| compare(closure, AttrSet::one(attribute), fds)))
}

fn compare(closure: Closure, x: AttrSet, fds: &[Fd]) -> Result<(), Failure> {
    let (expected, found) = (right(x, fds), closure(x, fds));
    if found == expected {
        return Ok(());
    }
    Err(Failure::new(expected.to_string(), found.to_string())
        .input(format!("closure({x}, [{}])", show(fds)))
        .maybe_diagnosis(diagnose(x, fds, expected, found)))
}

fn diagnose(x: AttrSet, fds: &[Fd], expected: AttrSet, found: AttrSet) -> Option<(&'static str, String)> {
    let grown = |applies: fn(Fd, AttrSet) -> Option<AttrSet>| {
        let step =
            |known: AttrSet| fds.iter().fold(known, |k, fd| applies(*fd, k).map_or(k, |more| k | more));
        (0..=AttrSet::MAX).fold(x, |known, _| step(known))
    };
    let any_part = grown(|fd, known| (!(fd.lhs & known).is_empty()).then_some(fd.rhs));
    let backwards = grown(|fd, known| {
        let forth = fd.lhs.is_subset(known).then_some(fd.rhs);
        forth.or_else(|| fd.rhs.is_subset(known).then_some(fd.lhs))
    });
    let (key, message) = if !x.is_subset(found) {
        ("given-left-out", "What you are given is known too: a closure contains the set that it starts from.")
    } else if found == x {
        (
            "nothing-added",
            "Nothing was added to what was given. When all of `fd.lhs` is known, `fd.lhs.is_subset(known)`, add `fd.rhs`; more may be known than that.",
        )
    } else if !found.is_subset(expected) && found.is_subset(any_part) {
        (
            "part-of-left-side",
            "A dependency AB -> C needs both A and B. You apply it when one of them is known: ask `fd.lhs.is_subset(known)`.",
        )
    } else if !found.is_subset(expected) && found.is_subset(backwards) {
        (
            "backwards",
            "You also follow arrows from right to left. Knowing the city does not tell the zip code.",
        )
    } else if found.is_subset(expected) {
        (
            "stops-early",
            "What the last dependency adds can make an earlier one apply. Keep all that is known, ask each dependency about all of it, and go through the list again until a whole pass adds nothing.",
        )
    } else {
        return None;
    };
    Some((key, message.to_owned()))
}
