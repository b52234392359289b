//! Checks comparing and merging version vectors.

use algorithms::causality::Causality;
use algorithms::rng::Rng;

use super::{EXERCISE, known};
use crate::{Comparison, Question, Report, planted};

/// How one version stands to another, and what has seen what either has.
type Answer = (fn(&[u64], &[u64]) -> Causality, fn(&[u64], &[u64]) -> Vec<u64>);
planted!("replication/version_vectors");

/// Which of the two functions is asked.
#[derive(Clone, Copy)]
enum Asked {
    Compare,
    Merge,
}

use Asked::{Compare, Merge};

type Input = (Asked, Vec<u64>, Vec<u64>);

enum Output {
    Stands(Causality),
    Merged(Vec<u64>),
}

const QUESTION: Question<Answer, Input, Output> = Question {
    ask: |(compare, merge), (asked, a, b)| match asked {
        Compare => Output::Stands(compare(a, b)),
        Merge => Output::Merged(merge(a, b)),
    },
    right: |(asked, a, b)| match asked {
        Compare => Output::Stands(match (covers(a, b), covers(b, a)) {
            (true, true) => Causality::Equal,
            (true, false) => Causality::After,
            (false, true) => Causality::Before,
            (false, false) => Causality::Concurrent,
        }),
        Merge => {
            let nodes = a.len().max(b.len());
            Output::Merged((0..nodes).map(|node| counter(a, node).max(counter(b, node))).collect())
        }
    },
    accepts: None,
    same: |one, other| match (one, other) {
        (Output::Stands(one), Output::Stands(other)) => one == other,
        // Whatever zeros are written out at the end.
        (Output::Merged(one), Output::Merged(other)) => covers(one, other) && covers(other, one),
        _ => false,
    },
    input: |(asked, a, b)| match asked {
        Compare => format!("compare(&{a:?}, &{b:?})"),
        Merge => format!("merge(&{a:?}, &{b:?})"),
    },
    output: |output| match output {
        Output::Stands(stands) => format!("{stands:?}"),
        Output::Merged(merged) => format!("{merged:?}"),
    },
};

/// Checks the comparison and the merging of version vectors, each a counter per node; missing ones are 0.
pub fn version_vectors(
    compare: fn(&[u64], &[u64]) -> Causality,
    merge: fn(&[u64], &[u64]) -> Vec<u64>,
) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, (compare, merge), MISTAKES)
        .visible("a vector is equal to itself, and before one with one event more", || {
            pairs(
                Compare,
                &[
                    (&[0, 0], &[0, 0]),
                    (&[1, 2], &[1, 2]),
                    (&[1, 2], &[1, 3]),
                    (&[4, 2], &[1, 2]),
                    (&[0, 0], &[0, 1]),
                ],
            )
        })
        .visible("vectors that each know something that the other does not are concurrent", || {
            pairs(Compare, &[(&[2, 1], &[1, 2]), (&[3, 0], &[1, 1]), (&[0, 3], &[1, 1]), (&[9, 0], &[0, 1])])
        })
        .visible("merging knows what either knew", || {
            pairs(Merge, &[(&[1, 2], &[1, 2]), (&[2, 1], &[1, 2]), (&[0, 3], &[1, 1]), (&[5, 0], &[0, 4])])
        })
        .hidden("a node that is missing has no events", || {
            let lengths: [(&[u64], &[u64]); 5] =
                [(&[1], &[1, 1]), (&[1, 1], &[1]), (&[2], &[1, 1]), (&[], &[0, 0]), (&[1, 0], &[1])];
            [Compare, Merge].into_iter().flat_map(|asked| pairs(asked, &lengths)).collect()
        })
        .hidden("comparing is right for 2,000 vectors", || random(Compare))
        .hidden("merging is right for 2,000 vectors, and learns nothing that neither knew", || random(Merge))
        .described(known::LONGER_IS_NOT_NEWER, |(_, a, b), right, found| match (right, found) {
            // Zeros written out make the difference.
            (Output::Stands(right), Output::Stands(found)) => a.len() != b.len() && right != found,
            _ => false,
        })
        .described(
            known::KEEPS_ONE,
            |(_, a, b), _, found| matches!(found, Output::Merged(merged) if merged == a || merged == b),
        )
        .described(known::FINDS_NO_CONFLICT, |_, right, _| {
            matches!(right, Output::Stands(Causality::Concurrent))
        })
        .described(known::NO_CONFLICT, |_, right, found| {
            !matches!(right, Output::Stands(Causality::Concurrent))
                && matches!(found, Output::Stands(Causality::Concurrent))
        })
        .finish()
}

fn counter(vector: &[u64], node: usize) -> u64 {
    vector.get(node).copied().unwrap_or(0)
}

fn covers(a: &[u64], b: &[u64]) -> bool {
    (0..b.len()).all(|node| b[node] <= counter(a, node))
}

/// Each pair, both ways round.
fn pairs(asked: Asked, pairs: &[(&[u64], &[u64])]) -> Vec<Input> {
    pairs
        .iter()
        .flat_map(|(a, b)| [(asked, a.to_vec(), b.to_vec()), (asked, b.to_vec(), a.to_vec())])
        .collect()
}

fn random(asked: Asked) -> Vec<Input> {
    let mut rng = Rng::new(13);
    let mut vector = || (0..rng.index(4)).map(|_| rng.below(3)).collect::<Vec<u64>>();
    (0..2_000).map(|_| (asked, vector(), vector())).collect()
}
