//! Checks the sizes of quorums: R and W from the number of replicas and of failures.

use algorithms::replication::quorum;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

/// Replicas, and how many may be down, in; R and W out.
type Sizes = fn(usize, usize) -> Option<(usize, usize)>;
/// What must be true of an answer.
type Rule = fn(usize, usize, Option<(usize, usize)>) -> Result<(), Failure>;

/// Checks a function that gives the smallest R, and the W that goes with it, for so many replicas of which so
/// many may be down.
pub fn quorum_sizes(sizes: fn(usize, usize) -> Option<(usize, usize)>) -> Report {
    Checker::new(&EXERCISE)
        .visible("3 replicas of which 1 may be down: R = 2 and W = 2", move || check(sizes, 3, 1))
        .visible("every read quorum meets every write quorum", move || all(sizes, overlap))
        .visible("reads and writes go on with that many replicas down", move || all(sizes, live))
        .hidden("R is as small as it can be", move || all(sizes, smallest))
        .hidden("None when no sizes can do it", move || all(sizes, possible))
        .hidden("Some when there are sizes", move || all(sizes, found))
        .finish()
}

fn all(sizes: Sizes, rule: Rule) -> Result<(), Failure> {
    for n in 1..=15 {
        for down in 0..=n {
            let answer = sizes(n, down);
            rule(n, down, answer).map_err(|failure| failure.input(input(n, down)))?;
        }
    }
    Ok(())
}

fn input(n: usize, down: usize) -> String {
    format!("quorum_sizes({n}, {down})")
}

fn right(n: usize, down: usize) -> Option<(usize, usize)> {
    (2 * down < n).then(|| (down + 1, n - down))
}

fn check(sizes: Sizes, n: usize, down: usize) -> Result<(), Failure> {
    let answer = sizes(n, down);
    for rule in [overlap, live, smallest, possible, found] {
        rule(n, down, answer).map_err(|failure| failure.input(input(n, down)))?;
    }
    Ok(())
}

fn overlap(n: usize, down: usize, answer: Option<(usize, usize)>) -> Result<(), Failure> {
    let Some((r, w)) = answer.filter(|_| right(n, down).is_some()) else { return Ok(()) };
    if r >= 1 && quorum::is_strict(n, r, w) {
        return Ok(());
    }
    let failure = Failure::new(format!("R + W above {n}"), format!("R = {r}, W = {w}: R + W is {}", r + w));
    Err(if r + w == n {
        failure.diagnosis(
            "sum-equals-n",
            "R + W = N is one too few: the W replicas that have the write and the R that are asked can be exactly the two halves. R + W must be above N.",
        )
    } else {
        failure.diagnosis(
            "quorums-do-not-meet",
            "A read must ask at least one replica that has the last write, whichever they are: R + W must be above N.",
        )
    })
}

fn live(n: usize, down: usize, answer: Option<(usize, usize)>) -> Result<(), Failure> {
    let Some((r, w)) = answer.filter(|_| right(n, down).is_some()) else { return Ok(()) };
    let up = n - down;
    if r <= up && w <= up {
        return Ok(());
    }
    Err(Failure::new(format!("R and W at most {up}"), format!("R = {r}, W = {w}")).diagnosis(
        "blocks-on-failures",
        "With this many replicas down fewer than W (or R) are left, and operations wait for ever: neither may be more than the replicas that are up.",
    ))
}

fn smallest(n: usize, down: usize, answer: Option<(usize, usize)>) -> Result<(), Failure> {
    let (Some(answer), Some(right)) = (answer, right(n, down)) else { return Ok(()) };
    if answer == right {
        return Ok(());
    }
    let is_majority = answer.0 == quorum::majority(n);
    let diagnosis = is_majority.then(|| {
        let message = "A majority for both is right but not the fastest read: W can be as large as the failures allow, and then R can be smaller.";
        ("always-a-majority", message.to_owned())
    });
    let describe = |(r, w): (usize, usize)| format!("R = {r}, W = {w}");
    Err(Failure::new(describe(right), describe(answer)).maybe_diagnosis(diagnosis))
}

fn possible(n: usize, down: usize, answer: Option<(usize, usize)>) -> Result<(), Failure> {
    match (answer, right(n, down)) {
        (Some((r, w)), None) => Err(Failure::new("None", format!("Some(({r}, {w}))")).diagnosis(
            "promises-the-impossible",
            "When half of the replicas or more may be down, those that are up cannot form two quorums that surely meet: the other half may have the last write. The answer is None.",
        )),
        _ => Ok(()),
    }
}

fn found(n: usize, down: usize, answer: Option<(usize, usize)>) -> Result<(), Failure> {
    match (answer, right(n, down)) {
        (None, Some((r, w))) => Err(Failure::new(format!("Some(({r}, {w}))"), "None").diagnosis(
            "gives-up-early",
            "As long as fewer than half may be down there are sizes: W = N - down and R = down + 1.",
        )),
        _ => Ok(()),
    }
}
