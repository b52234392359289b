//! Checks a job that keeps a window of monthly partitions.

use std::collections::BTreeSet;

use algorithms::interrupt::checkpoint;
use algorithms::partitioning::retention_plan;
use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

// The learner's words.
pub use algorithms::partitioning::{Month, RetentionStep};

use RetentionStep::{Create, Detach};

type PlanSteps = fn(Month, &BTreeSet<Month>, u32, u32) -> Vec<RetentionStep>;

/// Checks a function that plans the steps after which there is a partition for each month from `keep` before now to
/// `ahead` after it, and none for an earlier month.
pub fn rolling_window(plan: fn(Month, &BTreeSet<Month>, u32, u32) -> Vec<RetentionStep>) -> Report {
    let month = |number: i32| Month::new(2_026, 1).plus(number - 1);
    Checker::new(&EXERCISE)
        .visible("the next months are made ahead", move || {
            expect(plan, month(6), &(4..=6).map(month).collect(), 2, 3)
        })
        .visible("what is too old is taken out", move || {
            expect(plan, month(6), &(1..=8).map(month).collect(), 2, 2)
        })
        .visible("a window that is whole needs nothing", move || {
            expect(plan, month(6), &(4..=8).map(month).collect(), 2, 2)
        })
        .visible("the turn of the year", move || {
            expect(plan, month(1), &(-2..=1).map(month).collect(), 2, 2)?;
            expect(plan, month(12), &(8..=12).map(month).collect(), 3, 1)
        })
        .hidden("a job that did not run for months closes all gaps", move || {
            expect(plan, month(9), &[1, 2, 5, 7].map(month).into_iter().collect(), 3, 2)?;
            expect(plan, month(9), &BTreeSet::new(), 2, 2)
        })
        .hidden("months further ahead were made on purpose, and stay", move || {
            expect(plan, month(6), &(5..=20).map(month).collect(), 1, 2)
        })
        .hidden("partitions are made before any is taken out, and the oldest goes first", move || {
            expect(plan, month(6), &(1..=6).map(month).collect(), 2, 2)
        })
        .hidden("any window", move || random(plan))
        .finish()
}

fn expect(plan: PlanSteps, now: Month, have: &BTreeSet<Month>, keep: u32, ahead: u32) -> Result<(), Failure> {
    let (expected, found) = (retention_plan(now, have, keep, ahead), plan(now, have, keep, ahead));
    if found == expected {
        return Ok(());
    }
    let created = |steps: &[RetentionStep]| -> BTreeSet<Month> {
        steps.iter().filter_map(|step| if let Create(month) = step { Some(*month) } else { None }).collect()
    };
    let detached = |steps: &[RetentionStep]| -> BTreeSet<Month> {
        steps.iter().filter_map(|step| if let Detach(month) = step { Some(*month) } else { None }).collect()
    };
    let (first, last) = (now.plus(-keep.cast_signed()), now.plus(ahead.cast_signed()));
    let (made, gone) = (created(&found), detached(&found));
    let missing: Vec<Month> = created(&expected).difference(&made).copied().collect();
    let within = gone.range(first..=last).count();
    let sorted = |steps: &[RetentionStep]| {
        let mut steps: Vec<String> = steps.iter().map(|step| format!("{step:?}")).collect();
        steps.sort_unstable();
        steps
    };
    let diagnosis = if made.iter().any(|month| have.contains(month)) {
        Some((
            "makes-them-again",
            "A partition that is there already is made again, which fails: compute what is wanted, and make only what is missing. Then the job can be run twice.",
        ))
    } else if within == 1 && gone.contains(&first) && gone.iter().all(|month| *month <= last) {
        Some((
            "one-month-too-many",
            "The month at the edge is taken out too: to keep 2 months means this one and the 2 before it, all whole.",
        ))
    } else if within > 0 {
        Some((
            "by-count",
            "A month that must be kept is taken out: go by how old a month is, not by how many partitions there are.",
        ))
    } else if gone.iter().any(|month| *month > last) {
        Some((
            "takes-the-future",
            "A month beyond those ahead is taken out: too old means before the window, not outside of it.",
        ))
    } else if gone.iter().any(|month| !have.contains(month)) {
        Some(("not-there", "A partition is taken out that does not exist."))
    } else if missing.contains(&now) || missing.iter().any(|month| *month < now) {
        Some((
            "gaps-stay",
            "A month of the window has no partition, so its rows are refused: look at each month of the window, not only at the newest partition.",
        ))
    } else if !missing.is_empty() {
        Some((
            "only-the-last",
            "Each of the months ahead needs its partition: the job may have missed some runs.",
        ))
    } else if made.iter().any(|month| *month > last) {
        Some(("too-far-ahead", "More months are made than were asked for."))
    } else if gone.is_empty() && !detached(&expected).is_empty() {
        Some(("nothing-leaves", "Months before the window are to be taken out."))
    } else if sorted(&found) == sorted(&expected) {
        Some((
            "wrong-order",
            "Make first, oldest month first, then take out, oldest first: a job that stops half-way must not leave rows without a place.",
        ))
    } else {
        None
    };
    let show = |steps: &[RetentionStep]| {
        let show = |step: &RetentionStep| match step {
            Create(month) => format!("+{month}"),
            Detach(month) => format!("-{month}"),
        };
        if steps.is_empty() {
            "nothing to do".to_owned()
        } else {
            steps.iter().map(show).collect::<Vec<_>>().join(" ")
        }
    };
    let have: Vec<String> = have.iter().map(ToString::to_string).collect();
    Err(Failure::new(show(&expected), show(&found))
        .input(format!("now {now}, there are {}, keep {keep}, ahead {ahead}", have.join(" ")))
        .maybe_diagnosis(diagnosis.map(|(key, message)| (key, message.to_owned()))))
}

fn random(plan: PlanSteps) -> Result<(), Failure> {
    let mut rng = Rng::new(11);
    for round in 0..1_500_u64 {
        checkpoint();
        let now = Month::new(2_020, 1).plus(rng.below(100) as i32);
        let around = 2 + round / 100;
        let have: BTreeSet<Month> = (0..rng.below(around))
            .map(|_| now.plus(rng.below(2 * around + 1) as i32 - around as i32))
            .collect();
        let (keep, ahead) = (rng.below(around) as u32, rng.below(4) as u32);
        expect(plan, now, &have, keep, ahead)?;
    }
    Ok(())
}
