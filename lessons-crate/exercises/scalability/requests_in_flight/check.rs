//! Checks an estimate on the back of an envelope: requests in flight at the peak, by Little's law.

use algorithms::scalability::{estimate, little};

use super::{EXERCISE, known};
use crate::{Comparison, Question, Report, close, planted};

/// Requests a day, the peak as a multiple of the mean, and latency in milliseconds in; requests in flight out.
type Answer = fn(f64, f64, f64) -> f64;
planted!("scalability/requests_in_flight");

const QUESTION: Question<Answer, (f64, f64, f64), f64> = Question {
    ask: |answer, &(per_day, peak, latency_ms)| answer(per_day, peak, latency_ms),
    right: |&(per_day, peak, latency_ms)| {
        little::in_flight(estimate::per_second(per_day) * peak, latency_ms / 1e3)
    },
    accepts: None,
    same: |one, other| close(*one, *other),
    input: |(per_day, peak, latency_ms)| format!("requests_in_flight({per_day:?}, {peak:?}, {latency_ms:?})"),
    output: f64::to_string,
};

/// Checks a function that gives the mean number of requests in flight at the peak hour.
pub fn requests_in_flight(answer: fn(f64, f64, f64) -> f64) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, answer, MISTAKES)
        .visible("86.4 million a day of 50 ms each are 50 in flight", || vec![(86.4e6, 1.0, 50.0)])
        .visible("at a peak of three times the mean, three times as many", || {
            vec![(86.4e6, 3.0, 50.0), (8.64e6, 10.0, 200.0)]
        })
        .visible("right for any latency", || {
            vec![(86.4e6, 2.0, 1.0), (86.4e6, 2.0, 1_000.0), (1e9, 5.0, 20_000.0)]
        })
        .hidden("small numbers are not rounded", || vec![(86_400.0, 1.0, 300.0), (5_000.0, 2.0, 7.0)])
        .hidden("nothing asked, nothing in flight", || vec![(0.0, 3.0, 50.0)])
        // There are many ways to round, also the rate before the latency comes to it.
        .described(known::ROUNDED, |&(_, _, latency_ms), right, found| {
            found.fract() == 0.0
                && right.fract() != 0.0
                && (found - right).abs() <= (latency_ms / 1e3).max(1.0)
        })
        .finish()
}
