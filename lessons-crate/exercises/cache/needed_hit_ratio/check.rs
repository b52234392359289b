//! Checks how often a cache must hit for a mean latency.

use algorithms::rng::Rng;

use super::{EXERCISE, known};
use crate::{Comparison, Question, Report, planted};

/// Times of cache, store and target in milliseconds in, the smallest hit ratio out.
type Answer = fn(f64, f64, f64) -> Option<f64>;
planted!("cache/needed_hit_ratio");

const QUESTION: Question<Answer, (f64, f64, f64), Option<f64>> = Question {
    ask: |needed, &(cache, store, target)| needed(cache, store, target),
    right: |&(cache, store, target)| (target >= cache).then(|| (1.0 - (target - cache) / store).max(0.0)),
    accepts: None,
    // A ratio may be as small as what rounding leaves of 0.
    same: |one, other| match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() < 1e-9,
        (one, other) => one.is_none() && other.is_none(),
    },
    input: |(cache, store, target)| format!("needed_hit_ratio({cache:?}, {store:?}, {target:?})"),
    output: |ratio| format!("{ratio:?}"),
};

/// Checks a function that gives the smallest hit ratio (0 to 1) with which the mean of all requests is at most the
/// target: every request asks the cache, and a miss asks the store as well. `None` when no hit ratio is enough.
pub fn needed_hit_ratio(needed: fn(f64, f64, f64) -> Option<f64>) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, needed, MISTAKES)
        .visible("1 ms and 50 ms for a mean of 6 ms: 90%", || vec![(1.0, 50.0, 6.0)])
        .visible("right for any times", || {
            let mut rng = Rng::new(5);
            let draw = |_| {
                let (cache, store) = (10.0 * rng.next_f64(), 1.0 + 99.0 * rng.next_f64());
                (cache, store, cache + store * rng.next_f64())
            };
            (0..200).map(draw).collect()
        })
        .visible("None when even the cache alone is too slow", || {
            vec![(5.0, 50.0, 4.0), (1.0, 2.0, 0.5), (8.0, 2.0, 7.9)]
        })
        .hidden("0 when no hit is needed", || {
            vec![(1.0, 10.0, 20.0), (1.0, 10.0, 500.0), (0.0, 5.0, 5.5), (20.0, 5.0, 30.0), (1.0, 3.0, 4.0)]
        })
        .hidden("exactly 1 when only the cache may be asked", || vec![(3.0, 40.0, 3.0), (0.0, 7.0, 0.0)])
        .described(known::LESS_THAN_NOTHING, |_, _, found| found.is_some_and(|found| found < 0.0))
        .described(known::MORE_THAN_ALL, |_, right, found| right.is_none() && found.is_some())
        .described(known::ALL_IS_POSSIBLE, |&(cache, _, target), _, found| target == cache && found.is_none())
        .finish()
}
