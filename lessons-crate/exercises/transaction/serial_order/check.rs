//! Checks a search for a serial order of a schedule.

use std::collections::BTreeSet;

use algorithms::rng::Rng;
use algorithms::transaction::{interleavings, serial_order as right};

use super::{EXERCISE, known};
use crate::{Comparison, Question, Report, planted};

// The learner's words.
pub use algorithms::transaction::Access;

/// A schedule in, an order of its transactions out.
type Answer = fn(&[Access]) -> Option<Vec<u32>>;
planted!("transaction/serial_order");

/// Which steps must keep their order.
type Conflict = fn(&Access, &Access) -> bool;

const QUESTION: Question<Answer, Vec<Access>, Option<Vec<u32>>> = Question {
    ask: |order, schedule| order(schedule),
    right: |schedule| right(schedule),
    accepts: Some(|schedule, found| match found {
        Some(order) => respects(order, schedule, Access::conflicts_with),
        None => right(schedule).is_none(),
    }),
    same: |one, other| one == other,
    input: |schedule| {
        let step = |step: &Access| {
            format!("{}{}({})", if step.writes { 'w' } else { 'r' }, step.transaction, step.name)
        };
        if schedule.is_empty() {
            "no step".into()
        } else {
            schedule.iter().map(step).collect::<Vec<_>>().join(" ")
        }
    },
    output: |order| format!("{order:?}"),
};

/// Checks a function that finds an order of transactions as good as a schedule, or that there is none.
pub fn serial_order(order: fn(&[Access]) -> Option<Vec<u32>>) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, order, MISTAKES)
        .visible("a write comes before the read that saw it", || {
            vec![vec![w(2, "x"), r(1, "x")], vec![w(3, "x"), r(1, "x"), w(1, "y"), r(2, "y")]]
        })
        .visible("a read comes before the write that it did not see", || {
            vec![vec![r(2, "x"), w(1, "x")], vec![w(1, "y"), r(3, "x"), w(2, "x"), w(2, "y")]]
        })
        .visible("of two writes the last one stays last", || {
            vec![vec![w(2, "x"), w(1, "x")], vec![r(1, "a"), w(2, "x"), w(1, "x")]]
        })
        .visible("the lost update has no order", || vec![vec![r(1, "x"), r(2, "x"), w(1, "x"), w(2, "x")]])
        .hidden("a cycle of three has no order", || {
            vec![vec![r(1, "x"), w(2, "x"), r(2, "y"), w(3, "y"), r(3, "z"), w(1, "z")]]
        })
        .hidden("different values and two reads do not conflict", || {
            vec![
                vec![r(1, "x"), r(2, "y"), r(2, "x"), r(1, "y")],
                vec![w(1, "x"), w(2, "y"), w(2, "a"), w(1, "b")],
            ]
        })
        .hidden("every transaction is in the order once", || {
            vec![vec![r(3, "x"), w(3, "x"), r(1, "y")], vec![r(7, "x")], vec![]]
        })
        .hidden("it is right for 500 schedules", || schedules(500))
        // Many programs follow one wrong rule, because several orders may fit it.
        .always(known::ORDER_OF_NUMBERS, |schedule, _, found| {
            found.as_ref().is_some_and(|order| order.iter().eq(&transactions(schedule)))
        })
        .always(known::READ_BEFORE_WRITE_IGNORED, |schedule, _, found| {
            follows(found, schedule, |a, b| a.conflicts_with(b) && a.writes)
        })
        .always(known::WRITE_BEFORE_WRITE_IGNORED, |schedule, _, found| {
            follows(found, schedule, |a, b| a.conflicts_with(b) && !(a.writes && b.writes))
        })
        .always(known::WRITE_BEFORE_READ_IGNORED, |schedule, _, found| {
            follows(found, schedule, |a, b| a.conflicts_with(b) && b.writes)
        })
        .always(known::READS_CONFLICT, |schedule, _, found| {
            follows(found, schedule, |a, b| a.transaction != b.transaction && a.name == b.name)
        })
        .always(known::NAMES_IGNORED, |schedule, _, found| {
            follows(found, schedule, |a, b| a.transaction != b.transaction && (a.writes || b.writes))
        })
        .always(known::BACKWARDS, |schedule, right, found| match found {
            Some(order) => {
                let turned: Vec<u32> = order.iter().rev().copied().collect();
                respects(&turned, schedule, Access::conflicts_with)
            }
            None => right.is_none(),
        })
        .always(known::CYCLE_NOT_NOTICED, |schedule, right, found| {
            let fits =
                |order: &Vec<u32>| right.is_none() || respects(order, schedule, Access::conflicts_with);
            found.as_ref().is_some_and(fits)
        })
        .always(known::NEVER_NONE, |_, _, found| found.is_some())
        .described(known::TRANSACTION_LEFT_OUT, |schedule, _, found| {
            found.as_ref().is_some_and(|order| order.len() < transactions(schedule).len())
        })
        .finish()
}

const fn r(transaction: u32, name: &'static str) -> Access {
    Access::read(transaction, name)
}

const fn w(transaction: u32, name: &'static str) -> Access {
    Access::write(transaction, name)
}

fn transactions(schedule: &[Access]) -> BTreeSet<u32> {
    schedule.iter().map(|step| step.transaction).collect()
}

/// Whether an order names every transaction once and keeps these conflicts as they stand.
fn respects(order: &[u32], schedule: &[Access], conflict: Conflict) -> bool {
    let ids = transactions(schedule);
    let place = |id: u32| order.iter().position(|other| *other == id);
    let kept = |i: usize| {
        schedule[i + 1..].iter().all(|later| {
            !conflict(&schedule[i], later) || place(schedule[i].transaction) < place(later.transaction)
        })
    };
    order.len() == ids.len() && ids.iter().all(|id| order.contains(id)) && (0..schedule.len()).all(kept)
}

/// Whether an answer is right where these are the conflicts.
fn follows(found: &Option<Vec<u32>>, schedule: &[Access], conflict: Conflict) -> bool {
    match found {
        Some(order) => respects(order, schedule, conflict),
        None => {
            let ids: Vec<u32> = transactions(schedule).into_iter().collect();
            let mut orders = interleavings(&vec![1; ids.len()]).into_iter();
            !orders
                .any(|order| respects(&order.iter().map(|i| ids[*i]).collect::<Vec<_>>(), schedule, conflict))
        }
    }
}

/// Short schedules, the same each time.
fn schedules(count: usize) -> Vec<Vec<Access>> {
    let mut rng = Rng::new(88);
    (0..count)
        .map(|round| {
            (0..2 + rng.index(3 + round * 4 / count))
                .map(|_| Access {
                    transaction: 1 + rng.below(3) as u32,
                    writes: rng.chance(0.5),
                    name: ["x", "y"][rng.index(2)],
                })
                .collect()
        })
        .collect()
}
