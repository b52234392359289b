//! Checks comparing and merging version vectors.

use algorithms::causality::Causality;
use algorithms::interrupt::checkpoint;
use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

type Compare = fn(&[u64], &[u64]) -> Causality;
type Merge = fn(&[u64], &[u64]) -> Vec<u64>;

/// Checks the comparison and the merging of version vectors, each a counter per node; missing ones are 0.
pub fn version_vectors(
    compare: fn(&[u64], &[u64]) -> Causality,
    merge: fn(&[u64], &[u64]) -> Vec<u64>,
) -> Report {
    Checker::new(&EXERCISE)
        .visible("a vector is equal to itself, and before one with one event more", move || ordered(compare))
        .visible("vectors that each know something that the other does not are concurrent", move || {
            concurrent(compare)
        })
        .visible("merging knows what either knew", move || merges(merge))
        .hidden("a node that is missing has no events", move || missing(compare, merge))
        .hidden("comparing is a partial order", move || laws(compare))
        .hidden("merging learns nothing that neither knew", move || least(merge))
        .finish()
}

fn counter(vector: &[u64], node: usize) -> u64 {
    vector.get(node).copied().unwrap_or(0)
}

fn right(a: &[u64], b: &[u64]) -> Causality {
    let covers = |a: &[u64], b: &[u64]| (0..b.len()).all(|node| b[node] <= counter(a, node));
    match (covers(a, b), covers(b, a)) {
        (true, true) => Causality::Equal,
        (true, false) => Causality::After,
        (false, true) => Causality::Before,
        (false, false) => Causality::Concurrent,
    }
}

/// By one number each, as several wrong rules do.
fn by<T: Ord>(a: T, b: T) -> Causality {
    match a.cmp(&b) {
        std::cmp::Ordering::Less => Causality::Before,
        std::cmp::Ordering::Equal => Causality::Equal,
        std::cmp::Ordering::Greater => Causality::After,
    }
}

const PROBES: [(&[u64], &[u64]); 6] = [
    (&[1, 0], &[1, 0]),
    (&[1, 0], &[2, 0]),
    (&[2, 1], &[1, 2]),
    (&[3, 0], &[1, 1]),
    (&[0, 3], &[1, 1]),
    (&[1, 2], &[0, 2]),
];

/// The known mistake that gives the same answers as the learner's function.
fn mistake(compare: Compare) -> Option<(&'static str, String)> {
    let rules: [(&'static str, &str, Compare); 3] = [
        (
            "compares-sums",
            "Two different histories can have equally many events: compare node by node, not the sums.",
            |a, b| by(a.iter().sum::<u64>(), b.iter().sum::<u64>()),
        ),
        (
            "compares-maxima",
            "The greatest counter says who wrote most, not who has seen what: compare node by node.",
            |a, b| by(a.iter().max(), b.iter().max()),
        ),
        (
            "lexicographic",
            "Comparing as words are sorted decides by the first node that differs, and never finds a conflict. All nodes have a say.",
            |a, b| by(a, b),
        ),
    ];
    rules
        .into_iter()
        .find(|(_, _, rule)| PROBES.iter().all(|(a, b)| compare(a, b) == rule(a, b)))
        .map(|(key, message, _)| (key, message.to_owned()))
}

fn expect(compare: Compare, a: &[u64], b: &[u64]) -> Result<(), Failure> {
    let (expected, found) = (right(a, b), compare(a, b));
    if expected == found {
        return Ok(());
    }
    let diagnosis = mistake(compare).or_else(|| {
        let (key, message) = match (expected, found) {
            (Causality::Before, Causality::After) | (Causality::After, Causality::Before) => (
                "swapped",
                "`compare` says how `a` stands to `b`: the one that has seen more is `After`, the one that has seen less `Before`.",
            ),
            (Causality::Before | Causality::After, Causality::Concurrent) => (
                "greater-everywhere",
                "Equal counters are no conflict: a version is after another when none of its counters is smaller and one is greater.",
            ),
            (Causality::Concurrent, _) => (
                "finds-no-conflict",
                "Each of the two knows an event that the other does not. Ask both ways, and answer `Concurrent` when neither has seen all of the other.",
            ),
            _ => return None,
        };
        Some((key, message.to_owned()))
    });
    Err(Failure::new(format!("{expected:?}"), format!("{found:?}"))
        .input(format!("compare({a:?}, {b:?})"))
        .maybe_diagnosis(diagnosis))
}

fn ordered(compare: Compare) -> Result<(), Failure> {
    for (a, b) in [([0, 0], [0, 0]), ([1, 2], [1, 2]), ([1, 2], [1, 3]), ([4, 2], [1, 2]), ([0, 0], [0, 1])] {
        expect(compare, &a, &b)?;
    }
    Ok(())
}

fn concurrent(compare: Compare) -> Result<(), Failure> {
    for (a, b) in [([2, 1], [1, 2]), ([3, 0], [1, 1]), ([0, 3], [1, 1]), ([9, 0], [0, 1])] {
        expect(compare, &a, &b)?;
        expect(compare, &b, &a)?;
    }
    Ok(())
}

/// The same, whatever zeros are written out at the end.
fn trimmed(mut vector: Vec<u64>) -> Vec<u64> {
    while vector.last() == Some(&0) {
        vector.pop();
    }
    vector
}

fn expect_merge(merge: Merge, a: &[u64], b: &[u64]) -> Result<(), Failure> {
    let nodes = a.len().max(b.len());
    let expected: Vec<u64> = (0..nodes).map(|node| counter(a, node).max(counter(b, node))).collect();
    let found = merge(a, b);
    if trimmed(found.clone()) == trimmed(expected.clone()) {
        return Ok(());
    }
    let added: Vec<u64> = (0..nodes).map(|node| counter(a, node) + counter(b, node)).collect();
    let diagnosis = if trimmed(found.clone()) == trimmed(added) {
        Some((
            "adds-counters",
            "What both know is counted twice: the counters are not amounts but how far each node's events are known. Take the greater one.",
        ))
    } else if found == a || found == b {
        Some((
            "keeps-one",
            "Keeping one of the two forgets what only the other knew: take the greater counter of each node.",
        ))
    } else {
        None
    };
    Err(Failure::new(format!("{expected:?}"), format!("{found:?}"))
        .input(format!("merge({a:?}, {b:?})"))
        .maybe_diagnosis(diagnosis.map(|(key, message)| (key, message.to_owned()))))
}

fn merges(merge: Merge) -> Result<(), Failure> {
    for (a, b) in [([1, 2], [1, 2]), ([2, 1], [1, 2]), ([0, 3], [1, 1]), ([5, 0], [0, 4])] {
        expect_merge(merge, &a, &b)?;
    }
    Ok(())
}

fn missing(compare: Compare, merge: Merge) -> Result<(), Failure> {
    let pairs: [(&[u64], &[u64]); 5] =
        [(&[1], &[1, 1]), (&[1, 1], &[1]), (&[2], &[1, 1]), (&[], &[0, 0]), (&[1, 0], &[1])];
    for (a, b) in pairs {
        if compare(a, b) != right(a, b) {
            let nodes = a.len().max(b.len());
            let padded = |v: &[u64]| (0..nodes).map(|node| counter(v, node)).collect::<Vec<u64>>();
            // With its zeros written out it is compared wrongly as well: then they are not the mistake.
            expect(compare, &padded(a), &padded(b))?;
            return expect(compare, a, b).map_err(|failure| {
                failure.diagnosis(
                    "missing-is-not-zero",
                    "A node that is not in a vector has no events there: read a missing counter as 0, in both vectors. `zip` stops at the shorter one.",
                )
            });
        }
        expect_merge(merge, a, b).map_err(|failure| {
            failure.diagnosis(
                "missing-is-not-zero",
                "A node that is not in one vector may be in the other: the merged vector is as long as the longer one.",
            )
        })?;
    }
    Ok(())
}

fn random(rng: &mut Rng) -> Vec<u64> {
    (0..rng.index(4)).map(|_| rng.below(3)).collect()
}

fn laws(compare: Compare) -> Result<(), Failure> {
    let mut rng = Rng::new(13);
    for _ in 0..2_000 {
        checkpoint();
        let (a, b) = (random(&mut rng), random(&mut rng));
        expect(compare, &a, &b)?;
    }
    Ok(())
}

fn least(merge: Merge) -> Result<(), Failure> {
    let mut rng = Rng::new(14);
    for _ in 0..2_000 {
        checkpoint();
        let (a, b) = (random(&mut rng), random(&mut rng));
        expect_merge(merge, &a, &b)?;
    }
    Ok(())
}
