//! Checks a job that keeps a window of monthly partitions.

use std::collections::BTreeSet;

use algorithms::partitioning::retention_plan;
use algorithms::rng::Rng;

use super::{EXERCISE, known};
use crate::{Comparison, Question, Report, planted};

// The learner's words.
pub use algorithms::partitioning::{Month, RetentionStep};

use RetentionStep::{Create, Detach};

/// Now, the months that there are, and the window in; what to do out.
type Answer = fn(Month, &BTreeSet<Month>, u32, u32) -> Vec<RetentionStep>;
planted!("partitioning/rolling_window");

type Input = (Month, BTreeSet<Month>, u32, u32);

const QUESTION: Question<Answer, Input, Vec<RetentionStep>> = Question {
    ask: |plan, (now, have, keep, ahead)| plan(*now, have, *keep, *ahead),
    right: |(now, have, keep, ahead)| retention_plan(*now, have, *keep, *ahead),
    accepts: None,
    same: |one, other| one == other,
    input: |(now, have, keep, ahead)| {
        let have: Vec<String> = have.iter().map(ToString::to_string).collect();
        format!("now {now}, there are {}, keep {keep}, ahead {ahead}", have.join(" "))
    },
    output: |steps| {
        let step = |step: &RetentionStep| match step {
            Create(month) => format!("create {month}"),
            Detach(month) => format!("detach {month}"),
        };
        if steps.is_empty() {
            "nothing".into()
        } else {
            steps.iter().map(step).collect::<Vec<_>>().join(", ")
        }
    },
};

/// Checks a function that plans the steps after which there is a partition for each month from `keep` before now to
/// `ahead` after it, and none for an earlier month.
pub fn rolling_window(plan: fn(Month, &BTreeSet<Month>, u32, u32) -> Vec<RetentionStep>) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, plan, MISTAKES)
        .visible("the next months are made ahead", || vec![june(4..=6, 2, 3)])
        .visible("what is too old is taken out", || vec![june(1..=8, 2, 2)])
        .visible("a window that is whole needs nothing", || vec![june(4..=8, 2, 2), june(6..=6, 0, 0)])
        .visible("the turn of the year", || {
            vec![
                (month(1), (-2..=1).map(month).collect(), 2, 2),
                (month(12), (8..=12).map(month).collect(), 3, 1),
            ]
        })
        .hidden("a job that did not run for months closes all gaps", || {
            vec![
                (month(9), [1, 2, 5, 7].map(month).into_iter().collect(), 3, 2),
                (month(9), BTreeSet::new(), 2, 2),
                // Longer than the window, so that nothing of it is there.
                (month(20), (1..=6).map(month).collect(), 2, 1),
            ]
        })
        .hidden("months further ahead were made on purpose, and stay", || vec![june(5..=20, 1, 2)])
        .hidden("partitions are made before any is taken out, and the oldest goes first", || {
            vec![june(1..=6, 2, 2)]
        })
        .hidden("any window", random)
        .described(known::MAKES_THEM_AGAIN, |(_, have, ..), _, found| {
            created(found).any(|one| have.contains(&one))
        })
        .described(known::NOT_THERE, |(_, have, ..), _, found| {
            detached(found).any(|one| !have.contains(&one))
        })
        .described(known::TAKES_WHAT_IS_KEPT, |_, right, found| {
            detached(found).any(|one| !detached(right).any(|other| other == one))
        })
        .described(known::TOO_FAR_AHEAD, |_, right, found| {
            created(found).any(|one| !created(right).any(|other| other == one))
        })
        .described(known::GAPS_STAY, |_, right, found| created(found).count() < created(right).count())
        .described(known::NOTHING_LEAVES, |_, right, found| detached(found).count() < detached(right).count())
        .described(known::WRONG_ORDER, |_, right, found| {
            let sorted = |steps: &[RetentionStep]| {
                let mut steps: Vec<String> = steps.iter().map(|step| format!("{step:?}")).collect();
                steps.sort_unstable();
                steps
            };
            sorted(found) == sorted(right)
        })
        .finish()
}

/// January 2026 is 1.
fn month(number: i32) -> Month {
    Month::new(2_026, 1).plus(number - 1)
}

/// It is June, and there are partitions of these months.
fn june(have: std::ops::RangeInclusive<i32>, keep: u32, ahead: u32) -> Input {
    (month(6), have.map(month).collect(), keep, ahead)
}

fn created(steps: &[RetentionStep]) -> impl Iterator<Item = Month> + '_ {
    steps.iter().filter_map(|step| if let Create(month) = step { Some(*month) } else { None })
}

fn detached(steps: &[RetentionStep]) -> impl Iterator<Item = Month> + '_ {
    steps.iter().filter_map(|step| if let Detach(month) = step { Some(*month) } else { None })
}

fn random() -> Vec<Input> {
    let mut rng = Rng::new(11);
    (0..1_500_u64)
        .map(|round| {
            let now = Month::new(2_020, 1).plus(rng.below(100) as i32);
            let around = 2 + round / 100;
            let have = (0..rng.below(around))
                .map(|_| now.plus(rng.below(2 * around + 1) as i32 - around as i32))
                .collect();
            (now, have, rng.below(around) as u32, rng.below(4) as u32)
        })
        .collect()
}
