//! Checks how often a cache must hit for a mean latency.

use super::EXERCISE;
use crate::{Checker, Failure, Report};

/// Times of cache, store and target in milliseconds in, the smallest hit ratio out.
type Needed = fn(f64, f64, f64) -> Option<f64>;

/// Checks a function that gives the smallest hit ratio (0 to 1) with which the mean of all requests is at most the
/// target: every request asks the cache, and a miss asks the store as well. `None` when no hit ratio is enough.
pub fn needed_hit_ratio(needed: fn(f64, f64, f64) -> Option<f64>) -> Report {
    Checker::new(&EXERCISE)
        .visible("1 ms and 50 ms for a mean of 6 ms: 90%", move || agrees(needed, &[(1.0, 50.0, 6.0)]))
        .visible("right for any times", move || agrees(needed, &CASES))
        .visible("None when even the cache alone is too slow", move || impossible(needed))
        .hidden("0 when the store alone is fast enough", move || never_negative(needed))
        .hidden("exactly 1 when only the cache may be asked", move || all_hits(needed))
        .finish()
}

const CASES: [(f64, f64, f64); 6] = [
    (1.0, 10.0, 6.0),
    (0.5, 20.0, 10.5),
    (0.2, 100.0, 5.2),
    (2.0, 8.0, 4.0),
    (0.0, 10.0, 1.0),
    (5.0, 1_000.0, 6.0),
];

fn input(cache: f64, store: f64, target: f64) -> String {
    format!("cache {cache} ms, store {store} ms, target {target} ms")
}

fn agrees(needed: Needed, cases: &[(f64, f64, f64)]) -> Result<(), Failure> {
    for &(cache, store, target) in cases {
        let right = 1.0 - (target - cache) / store;
        let found = needed(cache, store, target);
        let near = |value: f64| found.is_some_and(|found| (found - value).abs() < 1e-9);
        if near(right) {
            continue;
        }
        let known = if near((store - target) / (store - cache)) {
            Some((
                "misses-skip-the-cache",
                "A miss is taken to cost only the store: but it asked the cache first. The mean is cache + (1 - h) * store.",
            ))
        } else if near(1.0 - target / store) {
            Some((
                "cache-is-free",
                "The time of the cache is left out: every request pays it, so only target - cache is left for the misses.",
            ))
        } else if near(1.0 - right) {
            Some(("miss-ratio", "That is the share of misses; asked for is the share of hits, 1 minus it."))
        } else if found.is_some_and(|found| (found - 100.0 * right).abs() < 1e-6) {
            Some(("in-percent", "A ratio is from 0 to 1: 0.9, not 90."))
        } else {
            None
        };
        return Err(Failure::new(format!("Some({right:.4})"), format!("{found:?}"))
            .input(input(cache, store, target))
            .maybe_diagnosis(known.map(|(key, message)| (key, message.to_owned()))));
    }
    Ok(())
}

fn impossible(needed: Needed) -> Result<(), Failure> {
    for (cache, store, target) in [(5.0, 50.0, 4.0), (1.0, 2.0, 0.5)] {
        if let Some(found) = needed(cache, store, target) {
            return Err(Failure::new("None", format!("Some({found:.4})")).input(input(cache, store, target)).diagnosis(
                "more-than-all",
                "If the cache alone takes longer than the target, no hit ratio helps: the formula gives more than 1, and the answer is None.",
            ));
        }
    }
    Ok(())
}

fn never_negative(needed: Needed) -> Result<(), Failure> {
    for (cache, store, target) in [(1.0, 10.0, 20.0), (0.0, 5.0, 5.5)] {
        let found = needed(cache, store, target);
        if found != Some(0.0) {
            return Err(Failure::new("Some(0.0)", format!("{found:?}")).input(input(cache, store, target)).diagnosis(
                "less-than-nothing",
                "With a slow target the formula gives a negative number: no hit is needed then, which is 0. Use `max(0.0)`.",
            ));
        }
    }
    Ok(())
}

fn all_hits(needed: Needed) -> Result<(), Failure> {
    let found = needed(3.0, 40.0, 3.0);
    if found == Some(1.0) {
        return Ok(());
    }
    Err(Failure::new("Some(1.0)", format!("{found:?}")).input(input(3.0, 40.0, 3.0)).diagnosis(
        "all-is-possible",
        "When the target is the time of the cache, every request must hit: that is possible, and the ratio is 1.",
    ))
}
