//! Checks a cache that loads each missing key once at a time.

use super::EXERCISE;
use crate::{Checker, Failure, Report};

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
    Err(if loads > 1 {
        failure.diagnosis(
            "everyone-loads",
            "Each request loads: that is the stampede. Remember for which keys a load is under way, and let the others wait.",
        )
    } else {
        failure
    })
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
        [1] => failure.diagnosis(
            "waiters-forgotten",
            "Only the request that loaded is answered, the others wait for ever: keep the number of everyone who is told to wait.",
        ),
        [2, 3, 4] => failure.diagnosis("leader-forgotten", "The request that loaded must be answered too: it comes first."),
        [4, 3, 2, 1] => failure.diagnosis("last-come-first-served", "Those who asked first are answered first."),
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
        (Asked::Wait, _) => failure.diagnosis(
            "flight-never-ends",
            "After `loaded` the key still counts as being loaded: take it out of those under way.",
        ),
        (Asked::Hit(70), Asked::Hit(70)) => failure.diagnosis(
            "invalidate-ignored",
            "The old value is still given out after `invalidate`: take it out of the cache.",
        ),
        _ => failure,
    })
}

fn keys_are_apart(make: Make) -> Result<(), Failure> {
    let mut cache = make();
    let found = (cache.ask(SEVEN, 1), cache.ask(8, 2), cache.loaded(8, 80), cache.loaded(SEVEN, 70));
    let expected = (Asked::Load, Asked::Load, vec![2], vec![1]);
    if found == expected {
        return Ok(());
    }
    let failure = Failure::new(format!("{expected:?}"), format!("{found:?}"))
        .input("ask(7, 1), ask(8, 2), loaded(8, 80), loaded(7, 70)");
    Err(if found.1 == Asked::Wait {
        failure.diagnosis(
            "one-flight-for-all-keys",
            "A request waits for the load of another key: keep apart what is under way by key, or one slow key stops all others.",
        )
    } else {
        failure
    })
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
    Err(match next {
        Asked::Wait => failure.diagnosis(
            "wedged-after-failure",
            "After a failure the key still counts as being loaded, so everyone waits for a load that has ended: `failed` must end it as `loaded` does.",
        ),
        Asked::Hit(_) => failure.diagnosis("failure-kept", "A failure is not a value: the next request tries again."),
        Asked::Load => failure.diagnosis(
            "failure-told-to-one",
            "Everyone who waits must hear of the failure, or they wait for ever.",
        ),
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
        failure.diagnosis(
            "stale-fill",
            "The value was read before the change and is kept after it: the stale-set race. Note on the load under way that it was invalidated, and do not keep what it brings.",
        )
    } else if told.is_empty() {
        failure.diagnosis(
            "load-thrown-away",
            "`invalidate` has thrown the load away, and with it those who wait for its answer. Keep it, and note that its value must not be kept.",
        )
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
    Err(if found.len() > 1 {
        failure.diagnosis(
            "answered-twice",
            "Requests of the load before are answered again: take them out when they are answered.",
        )
    } else {
        failure
    })
}
