//! Checks what a set of attributes determines.

use algorithms::normalization::{AttrSet, Fd, closure as right};

use super::{EXERCISE, known};
use crate::normalization::shared::{random_dependencies, show};
use crate::{Comparison, Question, Report, planted};

/// Known attributes and dependencies in, all that they determine out.
type Answer = fn(AttrSet, &[Fd]) -> AttrSet;
planted!("normalization/closure");

type Input = (AttrSet, Vec<Fd>);

const QUESTION: Question<Answer, Input, AttrSet> = Question {
    ask: |closure, (x, fds)| closure(*x, fds),
    right: |(x, fds)| right(*x, fds),
    accepts: None,
    same: |one, other| one == other,
    input: |(x, fds)| match &fds[..] {
        [first, .., last] if fds.len() > 12 => format!("closure({x}, [{first}, ..., {last}])"),
        _ => format!("closure({x}, [{}])", show(fds)),
    },
    output: AttrSet::to_string,
};

/// Checks a function that gives everything a set of attributes determines.
pub fn closure(closure: fn(AttrSet, &[Fd]) -> AttrSet) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, closure, MISTAKES)
        .visible("A with A -> B determines A and B", || vec![input("A", &[("A", "B")])])
        .visible("more may be known than a left side asks for", || vec![input("AB", &[("A", "C")])])
        .visible("a left side must be known as a whole", || vec![input("A", &[("AB", "C"), ("A", "D")])])
        .visible("dependencies may come in any order", || {
            vec![input("A", &[("C", "D"), ("B", "C"), ("A", "B")])]
        })
        .hidden("an arrow has one direction", || vec![input("B", &[("A", "B"), ("B", "C")])])
        .hidden("with no dependency a set determines itself", || vec![input("AC", &[])])
        .hidden("an empty left side is always known", || vec![input("A", &[("", "B"), ("B", "C")])])
        .hidden("a chain of 64 attributes is followed to its end, also when it is listed backwards", || {
            [5, AttrSet::MAX].map(chain).to_vec()
        })
        .hidden("it is right for 500 lists of dependencies", || {
            let lists = random_dependencies(500, 6).into_iter();
            lists.flat_map(|fds| (0..6).map(move |one| (AttrSet::one(one), fds.clone()))).collect()
        })
        .described(known::NOTHING_ADDED, |(x, _), _, found| found == x)
        // However many passes they are.
        .described(known::STOPS_EARLY, |(x, fds), _, found| {
            (1..AttrSet::MAX).any(|count| passes(*x, fds, count) == *found)
        })
        .finish()
}

fn input(x: &str, fds: &[(&str, &str)]) -> Input {
    (AttrSet::letters(x), fds.iter().map(|(lhs, rhs)| Fd::letters(lhs, rhs)).collect())
}

/// Each attribute determines the next, and the last dependency comes first.
fn chain(attributes: usize) -> Input {
    let arrow = |one: usize| Fd::new(AttrSet::one(one), AttrSet::one(one + 1));
    (AttrSet::one(0), (0..attributes - 1).rev().map(arrow).collect())
}

/// What is known after so many passes over the dependencies.
fn passes(x: AttrSet, fds: &[Fd], count: usize) -> AttrSet {
    let pass = |known: AttrSet, fd: &Fd| if fd.lhs.is_subset(known) { known | fd.rhs } else { known };
    (0..count).fold(x, |known, _| fds.iter().fold(known, pass))
}
