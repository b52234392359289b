//! Checks a prediction: the 99th percentile of a read path.

use algorithms::rng::Rng;
use algorithms::scalability::{MMc, QueueSimulation, ReadPath};
use algorithms::stats::quantile;

use crate::{Checker, Failure, Report};

/// A read path in; seconds out, or `None` when the store cannot keep up.
type Predict = fn(&ReadPath) -> Option<f64>;

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
    Checker::new("Predict the p99")
        .visible("at a hit ratio of 75% it is that of a miss that waits", move || check(predict, &SERVICE))
        .visible("when one request in 200 misses, it is that of a hit", move || {
            check(predict, &ReadPath { hit_ratio: 0.995, ..SERVICE })
        })
        .visible("a store that cannot keep up has none", move || {
            check(predict, &ReadPath { hit_ratio: 0.2, ..SERVICE })
        })
        .visible("a bot, with a filter and without", move || {
            let bot = ReadPath { arrivals: 500.0, unknown: 0.2, denied: 0.99, ..SERVICE };
            check(predict, &bot)?;
            check(predict, &ReadPath { hit_ratio: 0.9, denied: 0.0, ..bot })
        })
        .hidden("any read path", move || random(predict))
        .hidden("better parts never make it worse", move || monotone(predict))
        .hidden("within a tenth of what a simulation of each request measures", move || measured(predict))
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

fn random(predict: Predict) -> Result<(), Failure> {
    let mut rng = Rng::new(7);
    (0..300).try_for_each(|_| check(predict, &draw(&mut rng)))
}

fn monotone(predict: Predict) -> Result<(), Failure> {
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
                    .input(format!("p99(&{better:?})"))
                    .maybe_diagnosis(diagnose(&better, after)));
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

fn measured(predict: Predict) -> Result<(), Failure> {
    for (seed, hit_ratio, unknown) in [(1, 0.7, 0.0), (2, 0.85, 0.1), (3, 0.95, 0.3)] {
        let path = ReadPath { hit_ratio, unknown, denied: 0.99, ..SERVICE };
        let (measured, found) = (simulate(&path, seed), predict(&path));
        if found.is_none_or(|found| (found / measured - 1.0).abs() > 0.1) {
            return Err(Failure::new(
                format!("within 10% of {measured:.4} s, as measured"),
                format!("{found:?}"),
            )
            .input(format!("p99(&{path:?})"))
            .maybe_diagnosis(diagnose(&path, found)));
        }
    }
    Ok(())
}

fn right(path: &ReadPath) -> Option<f64> {
    path.latency_quantile(0.99).ok()
}

fn same(found: Option<f64>, other: Option<f64>) -> bool {
    match (found, other) {
        (Some(found), Some(other)) => (found / other - 1.0).abs() < 1e-6,
        (found, other) => found.is_none() && other.is_none(),
    }
}

fn check(predict: Predict, path: &ReadPath) -> Result<(), Failure> {
    let (right, found) = (right(path), predict(path));
    if same(found, right) {
        return Ok(());
    }
    let seconds = |value: Option<f64>| value.map_or("None".to_owned(), |value| format!("Some({value:.5})"));
    Err(Failure::new(seconds(right), seconds(found))
        .input(format!("p99(&{path:?})"))
        .maybe_diagnosis(diagnose(path, found)))
}

fn diagnose(path: &ReadPath, found: Option<f64>) -> Option<(&'static str, String)> {
    let share = path.store_share();
    let line =
        |share: f64| MMc::new(path.arrivals * share, 1.0 / path.store_time, path.connections as usize).ok();
    let from_line =
        |value: fn(&MMc) -> f64, weight: f64| line(share).map(|line| path.own_time + weight * value(&line));
    let p99_of = |share: f64| match share {
        share if share <= 0.01 => Some(path.own_time),
        share => line(share).map(|line| path.own_time + line.latency_quantile(1.0 - 0.01 / share)),
    };
    let p99: fn(&MMc) -> f64 = |line| line.latency_quantile(0.99);
    let alone = (share > 0.01).then(|| path.own_time + path.store_time * (share / 0.01).ln());
    let known_only = (1.0 - path.unknown) * (1.0 - path.hit_ratio);
    // A quantile of what reaches the store.
    let at = |quantile: f64| line(share).map(|line| path.own_time + line.latency_quantile(quantile));
    let is = |other: Option<f64>| found.is_some() && same(found, other);
    let with_own_time = found.map(|found| found + path.own_time);
    let (key, message) = if same(found, right(path)) {
        return None;
    } else if found.is_some() && same(found, from_line(p99, share)) {
        (
            "hits-and-misses-mixed",
            "This is a mean of percentiles, weighted by shares; no request takes that long. Hits are all fast and misses all slow: the slowest hundredth of all requests is misses, as long as there are so many.",
        )
    } else if found.is_some() && same(found, from_line(p99, 1.0)) {
        (
            "p99-of-the-misses",
            "This is what one *miss* in a hundred exceeds. One *request* in a hundred is more of the misses: if 4% miss, it is a quarter of them.",
        )
    } else if found.is_some() && same(found, from_line(MMc::mean_latency, share)) {
        (
            "mean-for-p99",
            "This is the mean. Most requests are faster, and those that your users complain about are many times slower.",
        )
    } else if found.is_some() && same(found, alone) {
        (
            "no-line",
            "This is the store's own time: nobody waits for one of its connections, and no load is ever too much. The questions form a line: `MMc`.",
        )
    } else if path.denied > 0.0 && same(found, p99_of(known_only + path.unknown)) {
        (
            "filter-forgotten",
            "All codes that do not exist go to the store here. A filter denies a share `denied` of them; only the rest gets through.",
        )
    } else if path.unknown > 0.0 && same(found, p99_of(1.0 - path.hit_ratio)) {
        (
            "unknown-are-hits",
            "The hit ratio is that of links that exist. A code that does not exist is never in the cache: if the filter does not deny it, it reaches the store.",
        )
    } else if found.is_some() && same(with_own_time, right(path)) {
        (
            "own-time-forgotten",
            "This is what the store takes. The visitor also waits for the copy itself: `own_time`, for a hit and for a miss.",
        )
    } else if share > 0.01 && [at((1.0 - 0.01 / share) / 100.0), at(0.99 / 100.0)].into_iter().any(is) {
        (
            "percent-for-share",
            "`latency_quantile` takes a share from 0 to 1, as 0.99; divided by 100 it gives what nearly all exceed.",
        )
    } else if share > 0.01 && is(at(0.01 / share)) {
        (
            "the-fast-end",
            "This is what the *fastest* do not exceed: a quantile counts from the fast end. The slowest 0.01 / reach_store begin at 1 minus that.",
        )
    } else if share > 0.01 && is(at(1.0 - 0.01 * share)) {
        (
            "share-multiplied",
            "One request in a hundred is a *larger* share of the fewer that reach the store: 0.01 / reach_store, not 0.01 × reach_store. If 4% reach it, a quarter of them.",
        )
    } else if found.is_some_and(|found| !found.is_finite()) {
        (
            "no-such-quantile",
            "A quantile lies between 0 and 1, and this asks for another: the slowest 0.01 / reach_store of what reaches the store begin at 1 minus that.",
        )
    } else if path.unknown > 0.0 && is(p99_of(known_only)) {
        (
            "unknown-forgotten",
            "Codes that do not exist reach the store as well, except for those that the filter denies: `unknown × (1 − denied)` of all requests.",
        )
    } else if path.unknown > 0.0 && is(p99_of(known_only + path.unknown * path.denied)) {
        (
            "denied-for-passed",
            "`denied` is the share of the made-up codes that the filter stops; 1 − denied reaches the store.",
        )
    } else if path.unknown > 0.0 && is(p99_of(1.0 - path.hit_ratio + path.unknown * (1.0 - path.denied))) {
        (
            "more-than-all",
            "The made-up codes are a part of all requests, so what is left for links is 1 − unknown of them: (1 − unknown) × (1 − hit ratio) miss.",
        )
    } else if found.is_none() && share <= 0.01 {
        (
            "none-for-fast",
            "`None` is for a store that cannot keep up. When no more than one request in a hundred reaches it, the p99 is that of a hit: `own_time`.",
        )
    } else if found.is_none() {
        (
            "full-too-early",
            "The store does keep up here. Into its line comes only what gets past filter and cache, `arrivals × reach_store`; it has `connections` servers, and each does `1.0 / store_time` per second.",
        )
    } else if right(path).is_none() {
        (
            "time-without-end",
            "More comes to the store than it can do: the line grows without end, and no time is the p99. The answer is `None`, which `.ok()?` gives when there is no `MMc`.",
        )
    } else {
        return None;
    };
    Some((key, message.into()))
}
