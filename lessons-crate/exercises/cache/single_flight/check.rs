//! Checks a cache that loads each missing key once at a time.

use std::collections::BTreeMap;

use algorithms::interrupt::checkpoint;
use algorithms::rng::Rng;

use super::{EXERCISE, known};
use crate::{Checker, Failure, Known, Report};

/// What a request is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Here is the value.
    Hit(u64),
    /// Load the value from the store, then report with `loaded` or `failed`.
    Load,
    /// Another request is loading it: wait for its report.
    Wait,
}

/// A cache in front of a slow store, as the exercise asks for it. It does not load itself: it says who should, and who
/// is to be answered.
pub trait FlightExercise: 'static {
    /// An empty cache.
    fn new() -> Self
    where
        Self: Sized;
    /// A request, with a number of its own, asks for a key.
    fn ask(&mut self, key: u64, request: u64) -> Asked;
    /// The load of a key gave this value. The requests to be answered with it: the one that loaded and those that wait,
    /// in the order in which they asked.
    fn loaded(&mut self, key: u64, value: u64) -> Vec<u64>;
    /// The load of a key failed. The requests to be told, as above. A failure is not kept.
    fn failed(&mut self, key: u64) -> Vec<u64>;
    /// The key was changed in the store. A value being loaded may be old already: it answers those who wait, and is
    /// not kept.
    fn invalidate(&mut self, key: u64);
}

/// Checks a learner's cache with single flight.
pub fn single_flight<T: FlightExercise>() -> Report {
    check(|| Box::new(T::new()))
}

type Make = fn() -> Box<dyn FlightExercise>;

fn check(make: Make) -> Report {
    Checker::new(&EXERCISE)
        .visible("of many requests for a missing key one loads, the others wait", move || one_loads(make))
        .visible("everyone is answered once, in the order in which they asked", move || {
            all_are_answered(make)
        })
        .visible("a loaded value is kept until it is invalidated", move || kept_until_invalidated(make))
        .visible("different keys are loaded at the same time", move || keys_are_apart(make))
        .hidden("a failure is told to all, and the next request tries again", move || failures_pass(make))
        .hidden("a value that may be old is not kept", move || late_fills_are_refused(make))
        .hidden("nobody is left over for the next load", move || nobody_is_left_over(make))
        .hidden("300 random runs end as they should", move || random_runs(make))
        .finish()
}

const SEVEN: u64 = 7;

/// Requests 1, 2, ... ask for key 7.
fn ask_many(cache: &mut dyn FlightExercise, requests: u64) -> Vec<Asked> {
    (1..=requests).map(|request| cache.ask(SEVEN, request)).collect()
}

fn one_loads(make: Make) -> Result<(), Failure> {
    let found = ask_many(make().as_mut(), 4);
    let expected = [Asked::Load, Asked::Wait, Asked::Wait, Asked::Wait];
    if found == expected {
        return Ok(());
    }
    let loads = found.iter().filter(|asked| **asked == Asked::Load).count();
    let failure = Failure::new(format!("{expected:?}"), format!("{found:?}"))
        .input("ask(7, 1), ask(7, 2), ask(7, 3), ask(7, 4)");
    Err(if loads > 1 { failure.known(known::EVERYONE_LOADS) } else { failure })
}

fn all_are_answered(make: Make) -> Result<(), Failure> {
    let mut cache = make();
    ask_many(cache.as_mut(), 4);
    let found = cache.loaded(SEVEN, 70);
    if found == [1, 2, 3, 4] {
        return Ok(());
    }
    let failure =
        Failure::new("[1, 2, 3, 4]", format!("{found:?}")).input("ask(7, 1) to ask(7, 4), loaded(7, 70)");
    Err(match found[..] {
        [1] => failure.known(known::WAITERS_FORGOTTEN),
        [2, 3, 4] => failure.known(known::LEADER_FORGOTTEN),
        [4, 3, 2, 1] => failure.known(known::LAST_COME_FIRST_SERVED),
        _ => failure,
    })
}

fn kept_until_invalidated(make: Make) -> Result<(), Failure> {
    let mut cache = make();
    cache.ask(SEVEN, 1);
    cache.loaded(SEVEN, 70);
    let before = cache.ask(SEVEN, 2);
    cache.invalidate(SEVEN);
    let after = cache.ask(SEVEN, 3);
    if (before, after) == (Asked::Hit(70), Asked::Load) {
        return Ok(());
    }
    let failure = Failure::new("Hit(70), then Load", format!("{before:?}, then {after:?}"))
        .input("ask(7, 1), loaded(7, 70), ask(7, 2), invalidate(7), ask(7, 3)");
    Err(match (before, after) {
        (Asked::Wait, _) => failure.known(known::FLIGHT_NEVER_ENDS),
        (Asked::Hit(70), Asked::Hit(70)) => failure.known(known::INVALIDATE_IGNORED),
        _ => failure,
    })
}

fn keys_are_apart(make: Make) -> Result<(), Failure> {
    let mut cache = make();
    let found = (cache.ask(SEVEN, 1), cache.ask(8, 2), cache.loaded(8, 80), cache.loaded(SEVEN, 70));
    let expected = (Asked::Load, Asked::Load, vec![2], vec![1]);
    if found != expected {
        let failure = Failure::new(format!("{expected:?}"), format!("{found:?}"))
            .input("ask(7, 1), ask(8, 2), loaded(8, 80), loaded(7, 70)");
        let waits = found.1 == Asked::Wait;
        return Err(if waits { failure.known(known::ONE_FLIGHT_FOR_ALL_KEYS) } else { failure });
    }
    let mut cache = make();
    cache.ask(SEVEN, 1);
    cache.invalidate(8);
    cache.loaded(SEVEN, 70);
    cache.invalidate(9);
    let found = cache.ask(SEVEN, 2);
    if found == Asked::Hit(70) {
        return Ok(());
    }
    Err(Failure::new("Hit(70)", format!("{found:?}"))
        .input("ask(7, 1), invalidate(8), loaded(7, 70), invalidate(9), ask(7, 2)")
        .known(known::OTHER_KEY_INVALIDATED))
}

fn failures_pass(make: Make) -> Result<(), Failure> {
    let mut cache = make();
    ask_many(cache.as_mut(), 3);
    let told = cache.failed(SEVEN);
    let next = cache.ask(SEVEN, 4);
    if told == [1, 2, 3] && next == Asked::Load {
        return Ok(());
    }
    let failure = Failure::new("[1, 2, 3], then Load", format!("{told:?}, then {next:?}"))
        .input("ask(7, 1), ask(7, 2), ask(7, 3), failed(7), ask(7, 4)");
    Err(match (next, &told[..]) {
        (Asked::Wait, _) => failure.known(known::WEDGED_AFTER_FAILURE),
        (Asked::Hit(_), _) => failure.known(known::FAILURE_KEPT),
        (Asked::Load, [1] | []) => failure.known(known::FAILURE_TOLD_TO_ONE),
        (Asked::Load, [3, 2, 1]) => failure.known(known::LAST_COME_FIRST_SERVED),
        (Asked::Load, _) => failure,
    })
}

fn late_fills_are_refused(make: Make) -> Result<(), Failure> {
    let mut cache = make();
    cache.ask(SEVEN, 1);
    cache.invalidate(SEVEN);
    let told = cache.loaded(SEVEN, 70);
    let next = cache.ask(SEVEN, 2);
    if told == [1] && next == Asked::Load {
        // The load after it is good again.
        cache.loaded(SEVEN, 71);
        let again = cache.ask(SEVEN, 3);
        return if again == Asked::Hit(71) {
            Ok(())
        } else {
            Err(Failure::new("Hit(71)", format!("{again:?}"))
                .input("ask(7, 1), invalidate(7), loaded(7, 70), ask(7, 2), loaded(7, 71), ask(7, 3)"))
        };
    }
    let failure = Failure::new("[1], then Load", format!("{told:?}, then {next:?}"))
        .input("ask(7, 1), invalidate(7), loaded(7, 70), ask(7, 2)");
    Err(if next == Asked::Hit(70) {
        failure.known(known::STALE_FILL)
    } else if told.is_empty() {
        failure.known(known::LOAD_THROWN_AWAY)
    } else {
        failure
    })
}

fn nobody_is_left_over(make: Make) -> Result<(), Failure> {
    let mut cache = make();
    ask_many(cache.as_mut(), 3);
    cache.loaded(SEVEN, 70);
    cache.invalidate(SEVEN);
    let asked = cache.ask(SEVEN, 4);
    let found = cache.loaded(SEVEN, 71);
    if asked == Asked::Load && found == [4] {
        return Ok(());
    }
    let failure = Failure::new("Load, then [4]", format!("{asked:?}, then {found:?}"))
        .input("ask(7, 1) to ask(7, 3), loaded(7, 70), invalidate(7), ask(7, 4), loaded(7, 71)");
    Err(if found.len() > 1 { failure.known(known::ANSWERED_TWICE) } else { failure })
}

/// The right cache, and what it refused to keep.
#[derive(Default)]
struct Model {
    values: BTreeMap<u64, u64>,
    /// Who is to be answered, and whether the key was changed since the load began.
    flights: BTreeMap<u64, (Vec<u64>, bool)>,
    refused: BTreeMap<u64, u64>,
}

impl Model {
    fn ask(&mut self, key: u64, request: u64) -> Asked {
        if let Some(&value) = self.values.get(&key) {
            return Asked::Hit(value);
        }
        let (requests, _) = self.flights.entry(key).or_default();
        requests.push(request);
        if requests.len() == 1 { Asked::Load } else { Asked::Wait }
    }

    fn loaded(&mut self, key: u64, value: u64) -> Vec<u64> {
        let (requests, outdated) = self.flights.remove(&key).unwrap_or_default();
        if outdated { &mut self.refused } else { &mut self.values }.insert(key, value);
        requests
    }

    fn failed(&mut self, key: u64) -> Vec<u64> {
        self.flights.remove(&key).unwrap_or_default().0
    }

    fn invalidate(&mut self, key: u64) {
        self.values.remove(&key);
        if let Some((_, outdated)) = self.flights.get_mut(&key) {
            *outdated = true;
        }
    }

    /// The mistake behind an answer that differs.
    fn diagnose(&self, key: u64, expected: Asked, found: Asked) -> Option<Known> {
        match (expected, found) {
            (_, Asked::Hit(value)) if self.refused.get(&key) == Some(&value) => Some(known::STALE_FILL),
            (Asked::Hit(_), Asked::Load) => Some(known::GOOD_VALUE_NOT_KEPT),
            (Asked::Wait, Asked::Load) => Some(known::SECOND_LOAD),
            _ => None,
        }
    }
}

fn random_runs(make: Make) -> Result<(), Failure> {
    let mut rng = Rng::new(4);
    for run in 0..300 {
        checkpoint();
        let (mut cache, mut model) = (make(), Model::default());
        let mut done = "new()".to_owned();
        for step in 0..10 + run / 10 {
            let key = 7 + rng.below(2);
            let flying = model.flights.contains_key(&key);
            let failure = match rng.below(8) {
                0 => {
                    done += &format!(", invalidate({key})");
                    model.invalidate(key);
                    cache.invalidate(key);
                    None
                }
                1 | 2 if flying => {
                    done += &format!(", loaded({key}, {step})");
                    told(&model.loaded(key, step), &cache.loaded(key, step))
                }
                3 if flying => {
                    done += &format!(", failed({key})");
                    told(&model.failed(key), &cache.failed(key))
                }
                _ => {
                    done += &format!(", ask({key}, {step})");
                    let (expected, found) = (model.ask(key, step), cache.ask(key, step));
                    (expected != found).then(|| {
                        let failure = Failure::new(format!("{expected:?}"), format!("{found:?}"));
                        match model.diagnose(key, expected, found) {
                            Some(known) => failure.known(known),
                            None => failure,
                        }
                    })
                }
            };
            if let Some(failure) = failure {
                return Err(failure.input(done));
            }
        }
    }
    Ok(())
}

fn told(expected: &[u64], found: &[u64]) -> Option<Failure> {
    (expected != found).then(|| Failure::new(format!("{expected:?}"), format!("{found:?}")))
}
