//! Checks a linearizability checker.
//!
//! A history may have several orders, and two right programs rarely find the same one; so what is compared is not the
//! order, but what is true of it.

use algorithms::consistency::{Action, History};
use algorithms::interrupt::checkpoint;
use algorithms::rng::Rng;

use super::{EXERCISE, known};
use crate::{Checker, Failure, Known, Report};

// The learner's words.
pub use algorithms::consistency::Operation;

/// A history in, an order of its operations out, as indices.
type Find = fn(&[Operation]) -> Option<Vec<usize>>;

/// Checks a function that finds a linearization of a history of reads and writes, or says that there is none.
pub fn linearizability(find: fn(&[Operation]) -> Option<Vec<usize>>) -> Report {
    Checker::new(&EXERCISE)
        .visible("one operation after the other: their order is found", move || sequential(find))
        .visible("concurrent operations may have happened in either order", move || concurrent(find))
        .visible("a stale read has no order", move || stale(find))
        .visible("a write without an answer may have happened, or not", move || pending(find))
        .hidden("every order explains all answers and respects real time", move || orders_are_right(find))
        .hidden("histories without an order are told from those with one", move || agrees(find, 1_000, 6))
        .hidden("a long history needs no long search", move || long(find))
        .finish()
}

fn told(history: &History) -> String {
    history.operations().iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// That the history has an order, and that this one is right.
fn expect_order(find: Find, history: &History, known: Option<Known>) -> Result<(), Failure> {
    // Whoever finds no order where there is only one has made another mistake.
    let known = known.filter(|_| sequential(find).is_ok());
    match find(history.operations()) {
        None => Err(Failure::new("an order", "None").input(told(history)).maybe_known(known)),
        Some(order) => is_right(history, &order),
    }
}

fn expect_none(find: Find, history: &History) -> Result<(), Failure> {
    match find(history.operations()) {
        None => Ok(()),
        Some(order) => match is_right(history, &order) {
            Err(failure) => Err(failure),
            Ok(()) => Err(Failure::new("None", format!("{order:?}")).input(told(history))),
        },
    }
}

/// What is wrong with an order, if anything is.
fn is_right(history: &History, order: &[usize]) -> Result<(), Failure> {
    let operations = history.operations();
    let failure = |expected: &str| Failure::new(expected, format!("{order:?}")).input(told(history));
    let mut sorted = order.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let known = sorted.last().is_none_or(|last| *last < operations.len());
    if sorted.len() != order.len() || !known {
        return Err(failure("indices of the operations, each at most once"));
    }
    let missing = (0..operations.len()).find(|i| operations[*i].ret.is_some() && !sorted.contains(i));
    if let Some(missing) = missing {
        return Err(failure(&format!("operation {missing}, which was answered, in the order"))
            .known(known::LEAVES_OUT_ANSWERED));
    }
    let mut value = 0;
    for &index in order {
        let Some(new) = operations[index].apply(value) else {
            return Err(failure(&format!(
                "operation {index} where the register holds what it read, not {value}"
            ))
            .known(known::ANY_WRITTEN_VALUE));
        };
        value = new;
    }
    for (place, &later) in order.iter().enumerate() {
        for &earlier in &order[place + 1..] {
            let (a, b) = (&operations[earlier], &operations[later]);
            if a.precedes(b) {
                let failure =
                    failure(&format!("operation {earlier} before {later}, which was asked after it"));
                let same = a.client == b.client;
                return Err(failure.known(if same {
                    known::IGNORES_TIME
                } else {
                    known::PROGRAM_ORDER_ONLY
                }));
            }
        }
    }
    Ok(())
}

fn sequential(find: Find) -> Result<(), Failure> {
    expect_order(find, &History::new().write(0, 1, 0.0..1.0), None)?;
    expect_order(
        find,
        &History::new().read(0, 0, 0.0..1.0).write(1, 1, 2.0..3.0).read(0, 1, 4.0..5.0),
        None,
    )?;
    // Not sorted by time.
    expect_order(find, &History::new().read(0, 1, 4.0..5.0).write(1, 1, 2.0..3.0).read(0, 0, 0.0..1.0), None)
}

fn concurrent(find: Find) -> Result<(), Failure> {
    let by_call = known::ORDERS_BY_CALL;
    expect_order(find, &History::new().read(0, 1, 0.0..10.0).write(1, 1, 2.0..3.0), Some(by_call))?;
    let by_return = known::ORDERS_BY_RETURN;
    expect_order(find, &History::new().write(0, 1, 0.0..10.0).read(1, 1, 2.0..3.0), Some(by_return))?;
    let both = History::new().write(0, 1, 0.0..10.0).write(1, 2, 1.0..9.0);
    let never_back = known::NEVER_GOES_BACK;
    expect_order(find, &both.clone().read(2, 1, 11.0..12.0), Some(never_back))?;
    expect_order(find, &both.read(2, 2, 11.0..12.0), Some(never_back))
}

fn stale(find: Find) -> Result<(), Failure> {
    let written = || History::new().write(0, 1, 0.0..1.0);
    expect_none(find, &written().read(0, 0, 2.0..3.0))?;
    expect_none(find, &written().read(1, 0, 2.0..3.0))?;
    expect_none(find, &written().write(0, 2, 2.0..9.0).read(1, 2, 3.0..4.0).read(2, 1, 5.0..6.0))
}

fn pending(find: Find) -> Result<(), Failure> {
    let drops = known::DROPS_PENDING;
    expect_order(find, &History::new().pending_write(0, 1, 0.0).read(1, 1, 2.0..3.0), Some(drops))?;
    let waits = known::PENDING_HAPPENS_AT_ONCE;
    expect_order(
        find,
        &History::new().pending_write(0, 1, 4.0).read(1, 2, 2.0..3.0).write(2, 2, 0.0..1.0),
        None,
    )?;
    let never = History::new().read(1, 0, 2.0..3.0).write(1, 2, 4.0..5.0).read(1, 2, 6.0..7.0);
    expect_order(find, &never.pending_write(0, 1, 5.5).read(1, 2, 8.0..9.0), Some(waits))
}

/// Some operations of three clients, of which the values read are anyone's guess.
fn random_history(rng: &mut Rng, count: u64) -> History {
    let mut free_at = [0.0; 3];
    let mut written = 0;
    (0..count)
        .map(|_| {
            let client = rng.index(3);
            let call = free_at[client] + rng.below(4) as f64;
            let ret = call + rng.below(6) as f64;
            free_at[client] = ret + 1.0;
            let action = if rng.chance(0.5) {
                written += 1;
                Action::Write(written)
            } else {
                Action::Read(rng.below(written + 1))
            };
            let unanswered = matches!(action, Action::Write(_)) && rng.chance(0.2);
            Operation { client: client as u64, key: 0, action, call, ret: (!unanswered).then_some(ret) }
        })
        .collect()
}

fn orders_are_right(find: Find) -> Result<(), Failure> {
    for seed in 0..1_000 {
        checkpoint();
        let history = random_history(&mut Rng::new(seed), 1 + seed % 6);
        if let Some(order) = find(history.operations()) {
            is_right(&history, &order)?;
        }
    }
    Ok(())
}

fn agrees(find: Find, seeds: u64, count: u64) -> Result<(), Failure> {
    for seed in 0..seeds {
        checkpoint();
        let history = random_history(&mut Rng::new(seed), 1 + seed % count);
        if history.is_linearizable() {
            expect_order(find, &history, None)?;
        } else {
            expect_none(find, &history)?;
        }
    }
    Ok(())
}

/// Rounds of three concurrent writes; only the last read is wrong, so that every order must be ruled out.
fn long(find: Find) -> Result<(), Failure> {
    let mut history = History::new();
    for round in 0..12 {
        let start = 10.0 * f64::from(round);
        for client in 0..3 {
            history = history.write(client, 3 * round as u64 + client + 1, start..start + 5.0);
        }
    }
    expect_order(find, &history.clone().read(0, 36, 200.0..201.0), None)?;
    expect_none(find, &history.read(0, 1, 200.0..201.0))
}
