//! Checks a staffing rule: the fewest servers for a mean wait.

use algorithms::rng::Rng;
use algorithms::scalability::MMc;

use super::{EXERCISE, known};
use crate::{Comparison, Question, Report, planted};

/// Arrivals, what one server does, and the longest mean wait in; servers out.
type Answer = fn(f64, f64, f64) -> usize;
planted!("scalability/servers_needed");

const QUESTION: Question<Answer, (f64, f64, f64), usize> = Question {
    ask: |needed, &(arrivals, service_rate, wait)| needed(arrivals, service_rate, wait),
    right: |&(arrivals, service_rate, wait)| {
        MMc::staffed(arrivals, service_rate, wait).map_or(0, |line| line.servers())
    },
    accepts: None,
    same: |one, other| one == other,
    input: |(arrivals, service_rate, wait)| {
        format!("servers_needed({arrivals:?}, {service_rate:?}, {wait:?})")
    },
    output: usize::to_string,
};

/// Checks a function that gives the fewest servers with one common queue in which requests wait, on average and
/// not counting their service, at most so long.
pub fn servers_needed(needed: fn(f64, f64, f64) -> usize) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, needed, MISTAKES)
        // The target is longer than a service: a function that takes the latency for the wait finds an answer.
        .visible("16 requests per second of 1 s each, to wait 1.2 s on average, take 17", || {
            vec![(16.0, 1.0, 1.2)]
        })
        .visible("9 requests per second of 1 s each, to wait 0.1 s on average, take 12", || {
            vec![(9.0, 1.0, 0.1)]
        })
        .visible("right for small systems and for large ones", || {
            vec![
                (0.5, 1.0, 2.0),
                (1.5, 1.0, 1.5),
                (50.0, 10.0, 0.02),
                (1_000.0, 50.0, 0.005),
                (1_600.0, 20.0, 0.001),
            ]
        })
        // Near where factorials leave the range of `f64`, and far beyond.
        .hidden("also for a thousand servers' worth of work", || {
            vec![(150.0, 1.0, 0.01), (1_000.0, 1.0, 0.01), (20_000.0, 20.0, 0.001)]
        })
        .hidden("any rates and any target", || {
            let mut rng = Rng::new(3);
            let draw = |_| {
                let service_rate = 0.5 + 30.0 * rng.next_f64();
                let work = 40.0 * rng.next_f64();
                (work * service_rate, service_rate, (0.02 + 2.0 * rng.next_f64()) / service_rate)
            };
            (0..200).map(draw).collect()
        })
        .hidden("next to no work takes one server", || vec![(1e-6, 1.0, 0.5), (0.01, 10.0, 1.0)])
        .described(known::FEWER_THAN_THE_WORK, |&(arrivals, service_rate, _), _, &found| {
            (found as f64) < arrivals / service_rate
        })
        .described(known::WRONG_WHEN_LARGE, |&(arrivals, service_rate, _), _, _| {
            arrivals / service_rate > 100.0
        })
        .finish()
}
