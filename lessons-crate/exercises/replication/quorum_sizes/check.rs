//! Checks the sizes of quorums: R and W from the number of replicas and of failures.

use algorithms::replication::quorum;

use super::{EXERCISE, known};
use crate::{Comparison, Question, Report, planted};

/// Replicas, and how many may be down, in; R and W out.
type Answer = fn(usize, usize) -> Option<(usize, usize)>;
planted!("replication/quorum_sizes");

const QUESTION: Question<Answer, (usize, usize), Option<(usize, usize)>> = Question {
    ask: |sizes, &(n, down)| sizes(n, down),
    // Tried, so that the formula does not check itself.
    right: |&(n, down)| {
        let sizes = (1..=n).flat_map(|r| (1..=n).map(move |w| (r, w)));
        let up = n - down;
        sizes.filter(|&(r, w)| r <= up && w <= up).find(|&(r, w)| quorum::is_strict(n, r, w))
    },
    accepts: None,
    same: |one, other| one == other,
    input: |(n, down)| format!("quorum_sizes({n}, {down})"),
    output: |sizes| format!("{sizes:?}"),
};

/// Checks a function that gives the smallest R, and the W that goes with it, for so many replicas of which so
/// many may be down.
pub fn quorum_sizes(sizes: fn(usize, usize) -> Option<(usize, usize)>) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, sizes, MISTAKES)
        .visible("3 replicas of which 1 may be down: R = 2 and W = 2", || vec![(3, 1)])
        .visible("5 replicas of which 1 may be down: R = 2 and W = 4", || vec![(5, 1)])
        .visible("None when half of the replicas may be down", || vec![(4, 2), (2, 1), (3, 2), (1, 1)])
        .hidden("the smallest R and its W for up to 15 replicas", || {
            (1..=15).flat_map(|n| (0..=n).map(move |down| (n, down))).collect()
        })
        .hidden("with nobody down, one answer is enough to read", || vec![(1, 0), (2, 0), (7, 0), (100, 0)])
        .described(known::PROMISES_THE_IMPOSSIBLE, |_, right, found| right.is_none() && found.is_some())
        .described(known::GIVES_UP_EARLY, |_, right, found| right.is_some() && found.is_none())
        .described(known::SUM_EQUALS_N, |&(n, _), _, found| found.is_some_and(|(r, w)| r + w == n))
        .described(known::QUORUMS_DO_NOT_MEET, |&(n, _), _, found| found.is_some_and(|(r, w)| r + w < n))
        .described(known::BLOCKS_ON_FAILURES, |&(n, down), _, found| {
            found.is_some_and(|(r, w)| r.max(w) > n - down)
        })
        .described(known::R_TOO_LARGE, |_, right, found| {
            right.is_some_and(|(right, _)| found.is_some_and(|(r, _)| r > right))
        })
        .finish()
}
