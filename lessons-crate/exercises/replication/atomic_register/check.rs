//! Checks the atomic register of Attiya, Bar-Noy and Dolev.
//!
//! A right read may spare the second step when all answers have one tag, so what two right programs do is not the same;
//! the properties say what must be true of it.

use std::cell::{Cell, RefCell};

use algorithms::consistency::{Action, History, NotLinearizable, Operation, linearize};
use algorithms::rng::Rng;

use self::replicas::{Link, World};
use super::{EXERCISE, known};
use crate::{Checker, Failure, Report};

mod replicas;

pub use replicas::{Replicas, Stored};

type Read = fn(&mut Replicas<'_>) -> Option<u64>;
type Write = fn(&mut Replicas<'_>, u64) -> bool;

#[derive(Clone, Copy)]
struct Register {
    read: Read,
    write: Write,
}

/// Checks the read and the write of a register on replicas of which a minority may be out of reach.
pub fn atomic_register(
    read: fn(&mut Replicas<'_>) -> Option<u64>,
    write: fn(&mut Replicas<'_>, u64) -> bool,
) -> Report {
    let register = Register { read, write };
    Checker::new(&EXERCISE)
        .visible("a read returns what was written last", move || reads_the_last(register))
        .visible("a majority in reach is enough", move || majority_is_enough(register))
        .visible("a minority refuses: None, or false", move || minority_refuses(register))
        .visible("once a new value was read, no read returns an older one", move || never_older(register))
        .hidden("no tag is given to two values", move || tags_are_unique(register))
        .hidden("of two tags with one counter, the coordinator's number decides", move || {
            ties_are_broken(register)
        })
        .hidden("a read changes no tag", move || reads_keep_tags(register))
        .hidden("whatever the network does, the history is linearizable", move || is_linearizable(register))
        .finish()
}

/// The replicas in reach, written as `01-` when the third of three is not; with `?` only its answer is lost.
fn reach(map: &str) -> Vec<Link> {
    let link = |c: char| match c {
        '-' => Link::Down,
        '?' => Link::AnswerLost,
        _ => Link::Up,
    };
    map.chars().map(link).collect()
}

fn calls(maps: &[&str]) -> Vec<Vec<Link>> {
    maps.iter().map(|map| reach(map)).collect()
}

fn reads_the_last(register: Register) -> Result<(), Failure> {
    for (written_at, read_at) in [("012", "012"), ("01-", "-12"), ("0-2", "01-"), ("-12", "0-2")] {
        let world = World::new(3);
        // Not in ascending order: the newest value need not be the greatest.
        for value in [1, 3, 2] {
            // Different coordinators take turns.
            let wrote =
                (register.write)(&mut Replicas::new(&world, value as usize % 2, calls(&[written_at])), value);
            let found = (register.read)(&mut Replicas::new(&world, 7, calls(&[read_at])));
            let failure = |expected: &str, found: String| {
                Failure::new(expected, found).input(format!(
                    "write {value} reaches replicas {written_at}, then a read reaches {read_at}"
                ))
            };
            if !wrote {
                return Err(failure("true", "false".into()));
            }
            if found != Some(value) {
                let known = if world.borrow().copies.iter().all(|copy| copy.value != value) {
                    known::COUNTER_NOT_RAISED
                } else {
                    known::NOT_THE_NEWEST
                };
                return Err(failure(&format!("Some({value})"), format!("{found:?}")).known(known));
            }
        }
    }
    Ok(())
}

fn majority_is_enough(register: Register) -> Result<(), Failure> {
    for maps in ["01-", "012--", "-1-34"] {
        let world = World::new(maps.len());
        let wrote = (register.write)(&mut Replicas::new(&world, 0, calls(&[maps])), 1);
        let found = (register.read)(&mut Replicas::new(&world, 1, calls(&[maps])));
        if !wrote || found != Some(1) {
            return Err(Failure::new("true and Some(1)", format!("{wrote} and {found:?}"))
                .input(format!("a write and a read that reach replicas {maps} of {}", maps.len()))
                .known(known::WAITS_FOR_ALL));
        }
    }
    Ok(())
}

fn minority_refuses(register: Register) -> Result<(), Failure> {
    for (all, map) in [("012", "0--"), ("0123", "01--"), ("01234", "-1-3-")] {
        let world = World::new(all.len());
        (register.write)(&mut Replicas::new(&world, 0, calls(&[all])), 1);
        let found = (register.read)(&mut Replicas::new(&world, 1, calls(&[map])));
        let wrote = (register.write)(&mut Replicas::new(&world, 1, calls(&[map])), 2);
        // The second half of an operation can be cut off too.
        let half_read = (register.read)(&mut Replicas::new(&world, 1, calls(&[all, map])));
        let half_wrote = (register.write)(&mut Replicas::new(&world, 1, calls(&[all, map])), 3);
        let input = |what: &str| format!("{what}, reaching replicas {map} of {}", all.len());
        let (message, what) = if found.is_some() {
            (format!("{found:?}"), input("a read"))
        } else if wrote {
            ("true".into(), input("a write"))
        } else if half_read.is_some() {
            continue; // Not wrong by itself: the next property tells.
        } else if half_wrote {
            ("true".into(), input("a write that found a majority, and then stores"))
        } else {
            continue;
        };
        return Err(Failure::new("None, or false", message).input(what).known(known::ANSWERS_IN_A_MINORITY));
    }
    Ok(())
}

fn never_older(register: Register) -> Result<(), Failure> {
    for (stored_at, first, second) in
        [("0--", "01-", "-12"), ("--2", "-12", "01-"), ("0----", "012--", "--234")]
    {
        let world = World::new(first.len());
        let everywhere = "0".repeat(first.len());
        (register.write)(&mut Replicas::new(&world, 0, calls(&[&everywhere])), 1);
        (register.write)(&mut Replicas::new(&world, 0, calls(&[&everywhere, stored_at])), 2);
        let reads = [first, second].map(|map| (register.read)(&mut Replicas::new(&world, 1, calls(&[map]))));
        if reads[0] == Some(2) && reads[1] != Some(2) {
            return Err(Failure::new("Some(2) both times", format!("{:?}, then {:?}", reads[0], reads[1]))
                .input(format!(
                    "write 1 everywhere; write 2 reaches only {stored_at}; a read reaches {first}, the next one {second}"
                ))
                .known(known::NO_WRITE_BACK));
        }
    }
    Ok(())
}

fn tags_are_unique(register: Register) -> Result<(), Failure> {
    let world = World::new(3);
    // Both find the same greatest tag, and then both store.
    let other = || {
        (register.write)(&mut Replicas::new(&world, 1, calls(&["012"])), 11);
    };
    (register.write)(&mut Replicas::new(&world, 0, calls(&["012"])).meanwhile(Box::new(other)), 10);
    let Some((tag, values)) = world.borrow().twice else { return Ok(()) };
    Err(Failure::new("two tags", format!("{tag:?} for {} and for {}", values[0], values[1]))
        .input("coordinator 0 asks for tags; coordinator 1 writes 11; coordinator 0 goes on and writes 10")
        .known(known::TAG_NOT_UNIQUE))
}

/// Two writers find the same counter, and each reaches other replicas.
fn ties_are_broken(register: Register) -> Result<(), Failure> {
    for (first, second, read_at) in
        [("-12", "0--", "01-"), ("01-", "--2", "-12"), ("0--", "-12", "01-"), ("--2", "01-", "-12")]
    {
        let world = World::new(3);
        let other = || {
            (register.write)(&mut Replicas::new(&world, 1, calls(&["012", first])), 11);
        };
        (register.write)(
            &mut Replicas::new(&world, 0, calls(&["012", second])).meanwhile(Box::new(other)),
            10,
        );
        let found = (register.read)(&mut Replicas::new(&world, 2, calls(&[read_at])));
        if found != Some(11) {
            return Err(Failure::new("Some(11)", format!("{found:?}"))
                .input(format!(
                    "coordinator 1 stores 11 at {first} and coordinator 0 stores 10 at {second}, with the same counter; a read reaches {read_at}"
                ))
                .known(known::TAG_CUT));
        }
    }
    Ok(())
}

fn reads_keep_tags(register: Register) -> Result<(), Failure> {
    let world = World::new(3);
    (register.write)(&mut Replicas::new(&world, 0, calls(&["012"])), 1);
    let before = world.borrow().copies.clone();
    (register.read)(&mut Replicas::new(&world, 1, calls(&["012"])));
    let after = world.borrow().copies.clone();
    if before == after {
        return Ok(());
    }
    Err(Failure::new(format!("{:?}", before[0].tag), format!("{:?}", after[0].tag))
        .input("write 1, then a read")
        .known(known::READ_MAKES_A_NEW_VERSION))
}

fn is_linearizable(register: Register) -> Result<(), Failure> {
    for seed in 0..1_500 {
        let history = random_history(register, &mut Rng::new(seed));
        if let Err(NotLinearizable::Violation(violation)) = linearize(&history) {
            return Err(Failure::new("a linearizable history", violation.anomaly.to_string())
                .input(violation.operations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")));
        }
    }
    Ok(())
}

/// Some operations on a bad network, some of them in the middle of others.
fn random_history(register: Register, rng: &mut Rng) -> History {
    let replicas = if rng.chance(0.7) { 3 } else { 5 };
    let world = World::new(replicas);
    let (clock, log) = (Cell::new(0), RefCell::new(History::new()));
    let rng = RefCell::new(rng.split());
    let next_value = Cell::new(0);
    let tick = || {
        clock.set(clock.get() + 1);
        f64::from(clock.get())
    };
    let links = || {
        let mut rng = rng.borrow_mut();
        let link = |rng: &mut Rng| match rng.below(6) {
            0 | 1 => Link::Down,
            2 => Link::AnswerLost,
            _ => Link::Up,
        };
        (0..2).map(|_| (0..replicas).map(|_| link(&mut rng)).collect()).collect::<Vec<Vec<Link>>>()
    };
    let run = |client: u64, inner: Option<&dyn Fn()>| {
        let mut reached = Replicas::new(&world, client as usize, links());
        if let Some(inner) = inner {
            reached = reached.meanwhile(Box::new(inner));
        }
        let is_write = rng.borrow_mut().chance(0.5);
        let call = tick();
        let (action, answered) = if is_write {
            next_value.set(next_value.get() + 1);
            let value = next_value.get();
            (Action::Write(value), (register.write)(&mut reached, value))
        } else {
            let found = (register.read)(&mut reached);
            (Action::Read(found.unwrap_or_default()), found.is_some())
        };
        let ret = tick();
        if is_write || answered {
            let operation = Operation { client, key: 0, action, call, ret: answered.then_some(ret) };
            log.borrow_mut().push(operation);
        }
    };
    for _ in 0..7 {
        let nested = rng.borrow_mut().chance(0.4);
        let inner = || run(1, None);
        run(0, nested.then_some(&inner as &dyn Fn()));
        run(2, None);
    }
    log.into_inner()
}
