//! Checks a search for a serial order of a schedule.

use std::collections::BTreeSet;

use algorithms::interrupt::checkpoint;
use algorithms::rng::Rng;
use algorithms::transaction::serial_order as right;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

// The learner's words.
pub use algorithms::transaction::Access;

/// A schedule in, an order of its transactions out.
type Order = fn(&[Access]) -> Option<Vec<u32>>;

/// Checks a function that finds an order of transactions as good as a schedule, or that there is none.
pub fn serial_order(order: fn(&[Access]) -> Option<Vec<u32>>) -> Report {
    Checker::new(&EXERCISE)
        .visible("a write comes before the read that saw it", move || {
            check(order, &[w(2, "x"), r(1, "x")])?;
            check(order, &[w(3, "x"), r(1, "x"), w(1, "y"), r(2, "y")])
        })
        .visible("a read comes before the write that it did not see", move || {
            check(order, &[r(2, "x"), w(1, "x")])?;
            check(order, &[w(1, "y"), r(3, "x"), w(2, "x"), w(2, "y")])
        })
        .visible("of two writes the last one stays last", move || {
            check(order, &[w(2, "x"), w(1, "x")])?;
            check(order, &[r(1, "a"), w(2, "x"), w(1, "x")])
        })
        .visible("the lost update has no order", move || {
            check(order, &[r(1, "x"), r(2, "x"), w(1, "x"), w(2, "x")])
        })
        .hidden("a cycle of three has no order", move || {
            check(order, &[r(1, "x"), w(2, "x"), r(2, "y"), w(3, "y"), r(3, "z"), w(1, "z")])
        })
        .hidden("different values and two reads do not conflict", move || {
            check(order, &[r(1, "x"), r(2, "y"), r(2, "x"), r(1, "y")])?;
            check(order, &[w(1, "x"), w(2, "y"), w(2, "a"), w(1, "b")])
        })
        .hidden("every transaction is in the order once", move || {
            check(order, &[r(3, "x"), w(3, "x"), r(1, "y")])
        })
        .hidden("it is right for 500 schedules", move || {
            schedules(500).iter().try_for_each(|schedule| check(order, schedule))
        })
        .finish()
}

const fn r(transaction: u32, name: &'static str) -> Access {
    Access::read(transaction, name)
}

const fn w(transaction: u32, name: &'static str) -> Access {
    Access::write(transaction, name)
}

/// Whether an order names every transaction once and keeps these conflicts as they stand.
fn respects(order: &[u32], schedule: &[Access], conflict: fn(&Access, &Access) -> bool) -> bool {
    let ids: BTreeSet<u32> = schedule.iter().map(|step| step.transaction).collect();
    let place = |id: u32| order.iter().position(|other| *other == id);
    let kept = |i: usize| {
        schedule[i + 1..].iter().all(|later| {
            !conflict(&schedule[i], later) || place(schedule[i].transaction) < place(later.transaction)
        })
    };
    order.len() == ids.len() && ids.iter().all(|id| order.contains(id)) && (0..schedule.len()).all(kept)
}

fn conflicts(a: &Access, b: &Access) -> bool {
    a.conflicts_with(b)
}

fn agrees(found: Option<&[u32]>, schedule: &[Access]) -> bool {
    match found {
        Some(order) => respects(order, schedule, conflicts),
        None => right(schedule).is_none(),
    }
}

fn check(order: Order, schedule: &[Access]) -> Result<(), Failure> {
    checkpoint();
    let found = order(schedule);
    if agrees(found.as_deref(), schedule) {
        return Ok(());
    }
    let expected = match right(schedule) {
        Some(order) => format!("Some({order:?}), or another order that keeps every conflict"),
        None => "None".into(),
    };
    let steps: Vec<String> = schedule
        .iter()
        .map(|step| format!("{}{}({})", if step.writes { 'w' } else { 'r' }, step.transaction, step.name))
        .collect();
    Err(Failure::new(expected, format!("{found:?}")).input(steps.join(" ")).maybe_diagnosis(mistake(order)))
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

/// Whether an order exists that keeps these conflicts, by trying all.
fn exists(schedule: &[Access], conflict: fn(&Access, &Access) -> bool) -> bool {
    let ids: Vec<u32> =
        schedule.iter().map(|step| step.transaction).collect::<BTreeSet<_>>().into_iter().collect();
    algorithms::transaction::interleavings(&vec![1; ids.len()])
        .iter()
        .any(|order| respects(&order.iter().map(|i| ids[*i]).collect::<Vec<_>>(), schedule, conflict))
}

/// The transactions in the order in which they first appear.
fn by_first_step<'a>(steps: impl Iterator<Item = &'a Access>) -> Vec<u32> {
    let mut order = Vec::new();
    for step in steps {
        if !order.contains(&step.transaction) {
            order.push(step.transaction);
        }
    }
    order
}

/// Whether a mistake explains this answer to this schedule.
type Explains<'a> = dyn Fn(&[Access], Option<&[u32]>) -> bool + 'a;

/// The known mistake that explains every answer to a list of short schedules.
fn mistake(order: Order) -> Option<(&'static str, String)> {
    let schedules = schedules(150);
    let answers: Vec<Option<Vec<u32>>> = schedules.iter().map(|schedule| order(schedule)).collect();
    let all = |explains: &Explains<'_>| {
        schedules.iter().zip(&answers).all(|(schedule, answer)| explains(schedule, answer.as_deref()))
    };
    let as_they_began = |schedule: &[Access], answer: Option<&[u32]>| {
        let began = by_first_step(schedule.iter());
        answer == Some(&began)
    };
    let as_they_ended = |schedule: &[Access], answer: Option<&[u32]>| {
        let mut ended = by_first_step(schedule.iter().rev());
        ended.reverse();
        answer == Some(&ended)
    };
    if all(&as_they_ended) {
        return Some((
            "order-of-end",
            "The order in which transactions end says nothing: what counts is whose conflicting step came first, and sometimes there is no order at all.".into(),
        ));
    }
    if all(&as_they_began) {
        return Some((
            "order-of-beginning",
            "The order in which transactions begin says nothing: what counts is whose conflicting step came first, and sometimes there is no order at all.".into(),
        ));
    }
    type Rule = (&'static str, &'static str, fn(&Access, &Access) -> bool);
    let rules: [Rule; 5] = [
        (
            "read-before-write-ignored",
            "You miss a read that comes before a write of the same value: the reader did not see that write, so it must come before the writer. The lost update and write skew are made of these.",
            |a, b| a.conflicts_with(b) && a.writes,
        ),
        (
            "write-before-write-ignored",
            "You miss two writes of the same value: whoever wrote last must be last, or another value stays at the end.",
            |a, b| a.conflicts_with(b) && (!a.writes || !b.writes),
        ),
        (
            "write-before-read-ignored",
            "You miss a write that comes before a read of the same value: the reader saw it, so it comes after.",
            |a, b| a.conflicts_with(b) && (!a.writes || b.writes),
        ),
        (
            "reads-conflict",
            "Two reads of a value can change places and nobody notices: one of the two steps must be a write.",
            |a, b| a.transaction != b.transaction && a.name == b.name,
        ),
        (
            "names-ignored",
            "Steps on different values can change places and nobody notices: compare the names.",
            |a, b| a.transaction != b.transaction && (a.writes || b.writes),
        ),
    ];
    let explained = |conflict: fn(&Access, &Access) -> bool| {
        all(&|schedule, answer| match answer {
            Some(order) => respects(order, schedule, conflict),
            None => !exists(schedule, conflict),
        })
    };
    if let Some((key, message, _)) = rules.into_iter().find(|(_, _, conflict)| explained(*conflict)) {
        return Some((key, message.to_owned()));
    }
    let backwards = |schedule: &[Access], answer: Option<&[u32]>| match answer {
        Some(order) => respects(&order.iter().rev().copied().collect::<Vec<_>>(), schedule, conflicts),
        None => right(schedule).is_none(),
    };
    if all(&backwards) {
        return Some((
            "backwards",
            "Your orders are right when read from the end: of two conflicting steps, the one that stands first in the schedule puts its transaction first.".into(),
        ));
    }
    let any_conflict = |schedule: &[Access], answer: Option<&[u32]>| {
        let met = schedule.iter().any(|a| schedule.iter().any(|b| a.conflicts_with(b)));
        answer.is_none() == met
    };
    if all(&any_conflict) {
        return Some((
            "both-directions",
            "You find no order as soon as two steps conflict. A conflict is an arrow in one direction, from the step that stands first to the later one: pair each step only with those after it.".into(),
        ));
    }
    let neighbors_only = |schedule: &[Access], answer: Option<&[u32]>| match answer {
        Some(order) => schedule.windows(2).all(|pair| {
            let place = |step: &Access| order.iter().position(|other| *other == step.transaction);
            !pair[0].conflicts_with(&pair[1]) || place(&pair[0]) < place(&pair[1])
        }),
        None => right(schedule).is_none(),
    };
    if all(&neighbors_only) {
        return Some((
            "neighbors-only",
            "You compare each step with the next one only. Two steps conflict however many others stand between them: compare each with all that follow.".into(),
        ));
    }
    let never_none = all(&|schedule, answer| match answer {
        Some(order) => right(schedule).is_none() || respects(order, schedule, conflicts),
        None => false,
    });
    never_none.then(|| {
        (
            "cycle-not-noticed",
            "When everyone who is left must come after somebody else who is left, you are in a cycle, and the answer is None.".to_owned(),
        )
    })
}
