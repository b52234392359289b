//! Checks the candidate keys of a table.

#![expect(clippy::disallowed_methods, reason = "whether every subset is tried is measured")]

use std::time::{Duration, Instant};

use algorithms::interrupt::checkpoint;
use algorithms::normalization::{AttrSet, Fd, candidate_keys as right, closure};

use super::{EXERCISE, known};
use crate::normalization::shared::{random_dependencies, show, show_sets};
use crate::{Comparison, Failure, Question, Report, planted};

/// All attributes and the dependencies in, the candidate keys out.
type Answer = fn(AttrSet, &[Fd]) -> Vec<AttrSet>;
planted!("normalization/candidate_keys");

type Input = (AttrSet, Vec<Fd>);

const QUESTION: Question<Answer, Input, Vec<AttrSet>> = Question {
    ask: |keys, (all, fds)| keys(*all, fds),
    right: |(all, fds)| right(*all, fds).into_iter().collect(),
    accepts: None,
    same: |one, other| sorted(one) == sorted(other),
    input: |(all, fds)| format!("candidate_keys({all}, [{}])", show(fds)),
    output: |keys| format!("keys: {}", show_sets(keys)),
};

/// Checks a function that gives all candidate keys of a table.
pub fn candidate_keys(keys: fn(AttrSet, &[Fd]) -> Vec<AttrSet>) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, keys, MISTAKES)
        .visible("street, city, zip: SC -> Z, Z -> C has the keys CS and SZ", || {
            vec![input("CSZ", &[("SC", "Z"), ("Z", "C")])]
        })
        .visible("what no dependency names is in every key", || {
            vec![input("ABC", &[]), input("ABC", &[("A", "B")]), input("ABCD", &[("A", "B"), ("B", "A")])]
        })
        .visible("a key need not be the left side of a dependency", || {
            vec![input("ABCD", &[("A", "B"), ("C", "D")]), input("ABC", &[("A", "B"), ("B", "A")])]
        })
        .hidden("a key leads to another, and that one to the next", || {
            vec![input("ABCD", &[("A", "B"), ("B", "C"), ("C", "D"), ("D", "A")])]
        })
        .hidden("it is right for 200 lists of dependencies", || {
            random_dependencies(200, 6).into_iter().map(|fds| (AttrSet::first(6), fds)).collect()
        })
        .hidden_property("40 attributes are answered, which have too many subsets to try", move || {
            large(keys)
        })
        .described(known::NOT_A_KEY, |(all, fds), _, found| {
            found.iter().any(|key| !all.is_subset(closure(*key, fds)))
        })
        .described(known::NOT_MINIMAL, |_, right, found| {
            found.iter().any(|set| right.iter().any(|key| key.is_subset(*set) && key != set))
        })
        .described(known::REPEATED, |_, right, found| {
            let mut once = sorted(found);
            once.dedup();
            once.len() < found.len() && once == sorted(right)
        })
        .described(known::NO_KEY, |_, _, found| found.is_empty())
        .described(known::KEYS_ARE_MISSING, |_, right, found| found.len() < right.len())
        .finish()
}

fn input(all: &str, fds: &[(&str, &str)]) -> Input {
    (AttrSet::letters(all), fds.iter().map(|(lhs, rhs)| Fd::letters(lhs, rhs)).collect())
}

fn sorted(keys: &[AttrSet]) -> Vec<AttrSet> {
    let mut keys = keys.to_vec();
    keys.sort();
    keys
}

/// Pairs of attributes that determine each other, and others that follow from the first. A key has one of each pair.
fn paired(pairs: usize, attributes: usize) -> Input {
    let pair = |i: usize| [(2 * i, 2 * i + 1), (2 * i + 1, 2 * i)];
    let arrow = |(a, b)| Fd::new(AttrSet::one(a), AttrSet::one(b));
    let rest = Fd::new(AttrSet::one(0), AttrSet::first(attributes) - AttrSet::first(2 * pairs));
    (AttrSet::first(attributes), (0..pairs).flat_map(pair).map(arrow).chain([rest]).collect())
}

/// How much longer 16 attributes may take than 7, with the same keys. One that tries every subset takes 512 times as
/// long.
const SLOWER: f64 = 60.0;

fn large(keys: Answer) -> Result<(), Failure> {
    // The fastest of some runs, because another program may have been running.
    let fastest = |attributes: usize| {
        let (all, fds) = paired(3, attributes);
        let runs = (0..3).map(|_| {
            checkpoint();
            let started = Instant::now();
            keys(all, &fds);
            started.elapsed()
        });
        runs.min().unwrap_or_default().max(Duration::from_micros(1))
    };
    let [few, many] = [7, 16].map(fastest);
    let ratio = many.as_secs_f64() / few.as_secs_f64();
    if ratio > SLOWER {
        return Err(Failure::new(
            "a few times as long as for 7 attributes",
            format!("{ratio:.0} times as long"),
        )
        .input("16 attributes and 8 keys")
        .known(known::EVERY_SUBSET));
    }
    QUESTION.check(keys, &[paired(6, 40)])
}
