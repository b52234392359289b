//! Checks a prediction: the 99th percentile of a read path.

use algorithms::rng::Rng;
use algorithms::scalability::{QueueSimulation, ReadPath};
use algorithms::stats::quantile;

use super::{EXERCISE, known};
use crate::{Comparison, Failure, Question, Report, close, planted};

/// A read path in; seconds out, or `None` when the store cannot keep up.
type Answer = fn(&ReadPath) -> Option<f64>;
planted!("scalability/predict_p99");

const QUESTION: Question<Answer, ReadPath, Option<f64>> = Question {
    ask: |predict, path| predict(path),
    right: |path| path.latency_quantile(0.99).ok(),
    accepts: None,
    same: |one, other| match (one, other) {
        (Some(one), Some(other)) => close(*one, *other),
        (one, other) => one.is_none() && other.is_none(),
    },
    input: |path| format!("p99(&{path:?})"),
    output: |seconds| seconds.map_or("None".to_owned(), |seconds| format!("Some({seconds:.5})")),
};

/// The service of the day at a hit ratio of 75%, without a filter and with nobody who makes codes up.
const SERVICE: ReadPath = ReadPath {
    arrivals: 400.0,
    hit_ratio: 0.75,
    unknown: 0.0,
    denied: 0.0,
    copies: 4,
    places: 64,
    own_time: 0.002,
    connections: 4,
    store_time: 0.020,
};

/// Checks a function that predicts the latency that 99 of 100 requests do not exceed.
pub fn predict_p99(predict: fn(&ReadPath) -> Option<f64>) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, predict, MISTAKES)
        .visible("at a hit ratio of 75% it is that of a miss that waits", || vec![SERVICE])
        .visible("when one request in 200 misses, it is that of a hit", || {
            vec![ReadPath { hit_ratio: 0.995, ..SERVICE }]
        })
        .visible("a store that cannot keep up has none", || vec![ReadPath { hit_ratio: 0.2, ..SERVICE }])
        .visible("a bot, with a filter and without", || {
            let bot = ReadPath { arrivals: 500.0, unknown: 0.2, denied: 0.99, ..SERVICE };
            vec![bot, ReadPath { hit_ratio: 0.9, denied: 0.0, ..bot }]
        })
        .hidden("any read path", || {
            let mut rng = Rng::new(7);
            (0..300).map(|_| draw(&mut rng)).collect()
        })
        .hidden_property("better parts never make it worse", move || monotone(predict))
        .hidden_property("within a tenth of what a simulation of each request measures", move || {
            measured(predict)
        })
        .described(known::NO_SUCH_QUANTILE, |_, _, found| found.is_some_and(|found| !found.is_finite()))
        .described(known::NONE_FOR_FAST, |path, _, found| found.is_none() && path.store_share() <= 0.01)
        .described(known::FULL_TOO_EARLY, |_, _, found| found.is_none())
        .described(known::TIME_WITHOUT_END, |_, right, _| right.is_none())
        .finish()
}

fn draw(rng: &mut Rng) -> ReadPath {
    ReadPath {
        arrivals: 50.0 + 450.0 * rng.next_f64(),
        hit_ratio: 0.3 + 0.69 * rng.next_f64(),
        unknown: 0.4 * rng.next_f64(),
        denied: if rng.chance(0.5) { 0.99 } else { 0.5 * rng.next_f64() },
        own_time: 0.001 + 0.01 * rng.next_f64(),
        connections: 1 + rng.below(8) as u32,
        store_time: 0.005 + 0.03 * rng.next_f64(),
        ..SERVICE
    }
}

fn monotone(predict: Answer) -> Result<(), Failure> {
    let mut rng = Rng::new(8);
    for _ in 0..200 {
        let path = draw(&mut rng);
        let better = [
            ("one more connection", ReadPath { connections: path.connections + 1, ..path }),
            ("a higher hit ratio", ReadPath { hit_ratio: path.hit_ratio + 0.005, ..path }),
            ("fewer requests", ReadPath { arrivals: 0.9 * path.arrivals, ..path }),
        ];
        let before = predict(&path);
        for (what, better) in better {
            let after = predict(&better);
            let seconds = |found: Option<f64>| found.unwrap_or(f64::INFINITY);
            // The library finds its quantiles to nine digits.
            if seconds(after) > seconds(before) * (1.0 + 1e-6) {
                return Err(Failure::new(format!("at most {before:?} with {what}"), format!("{after:?}"))
                    .input(format!("p99(&{better:?})")));
            }
        }
    }
    Ok(())
}

/// What a simulation of each request measures: of what reaches the store, the line is simulated.
fn simulate(path: &ReadPath, seed: u64) -> f64 {
    const REQUESTS: usize = 100_000;
    let reach = (path.store_share() * REQUESTS as f64).round() as usize;
    let line = QueueSimulation::poisson(path.store_rate(), 1.0 / path.store_time, path.connections as usize);
    let mut latencies = vec![path.own_time; REQUESTS - reach];
    let jobs = line.run(reach, seed).jobs;
    latencies.extend(jobs.iter().map(|job| path.own_time + job.departure - job.arrival));
    quantile(&latencies, 0.99)
}

fn measured(predict: Answer) -> Result<(), Failure> {
    for (seed, hit_ratio, unknown) in [(1, 0.7, 0.0), (2, 0.85, 0.1), (3, 0.95, 0.3)] {
        let path = ReadPath { hit_ratio, unknown, denied: 0.99, ..SERVICE };
        let (measured, found) = (simulate(&path, seed), predict(&path));
        if found.is_none_or(|found| (found / measured - 1.0).abs() > 0.1) {
            return Err(Failure::new(
                format!("within 10% of {measured:.4} s, as measured"),
                format!("{found:?}"),
            )
            .input(format!("p99(&{path:?})")));
        }
    }
    Ok(())
}
