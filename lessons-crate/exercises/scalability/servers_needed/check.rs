//! Checks a staffing rule: the fewest servers for a mean wait.

use algorithms::scalability::{MMc, erlang_b};

use super::EXERCISE;
use crate::{Checker, Failure, Report};

/// Arrivals, what one server does, and the longest mean wait in; servers out.
type Needed = fn(f64, f64, f64) -> usize;

/// From small to large. The first targets are longer than a service time, so that a function that takes the
/// latency for the wait still finds an answer.
const CASES: [(f64, f64, f64); 7] = [
    (0.5, 1.0, 2.0),
    (1.5, 1.0, 1.5),
    (16.0, 1.0, 1.2),
    (9.0, 1.0, 0.1),
    (50.0, 10.0, 0.02),
    (1_000.0, 50.0, 0.005),
    (1_600.0, 20.0, 0.001),
];
/// 1,000 servers' worth of work, and 150, near where factorials leave the range of `f64`.
const LARGE: [(f64, f64, f64); 3] = [(150.0, 1.0, 0.01), (1_000.0, 1.0, 0.01), (20_000.0, 20.0, 0.001)];

/// Checks a function that gives the fewest servers with one common line at which requests wait, in the mean and
/// not counting their service, at most so long.
pub fn servers_needed(needed: fn(f64, f64, f64) -> usize) -> Report {
    Checker::new(&EXERCISE)
        .visible("16 requests per second of 1 s each, to wait 1.2 s in the mean, take 17", move || {
            check(needed, &[(16.0, 1.0, 1.2)])
        })
        .visible("with so many, the mean wait is short enough", move || all(needed, enough))
        .visible("with one fewer, it is not", move || all(needed, fewest))
        .hidden("also for a thousand servers' worth of work", move || check(needed, &LARGE))
        .hidden("more requests never need fewer servers", move || monotone(needed))
        .hidden("next to no work takes one server", move || {
            check(needed, &[(1e-6, 1.0, 0.5), (0.01, 10.0, 1.0)])
        })
        .finish()
}

type Rule = fn(f64, f64, f64, usize) -> Result<(), Failure>;

fn all(needed: Needed, rule: Rule) -> Result<(), Failure> {
    for (arrivals, service, wait) in CASES {
        let found = needed(arrivals, service, wait);
        rule(arrivals, service, wait, found)
            .map_err(|failure| explained(failure, arrivals, service, wait, found))?;
    }
    Ok(())
}

fn check(needed: Needed, cases: &[(f64, f64, f64)]) -> Result<(), Failure> {
    for &(arrivals, service, wait) in cases {
        let found = needed(arrivals, service, wait);
        let right = right(arrivals, service, wait);
        if found != right {
            let failure = Failure::new(format!("{right} servers"), format!("{found}"));
            return Err(explained(failure, arrivals, service, wait, found));
        }
    }
    Ok(())
}

fn right(arrivals: f64, service: f64, wait: f64) -> usize {
    MMc::staffed(arrivals, service, wait).map_or(0, |line| line.servers())
}

fn mean_wait(arrivals: f64, service: f64, servers: usize) -> f64 {
    MMc::new(arrivals, service, servers).map_or(f64::INFINITY, |line| line.mean_wait())
}

fn enough(arrivals: f64, service: f64, wait: f64, found: usize) -> Result<(), Failure> {
    let waited = mean_wait(arrivals, service, found);
    if waited <= wait {
        return Ok(());
    }
    let how_long =
        if waited.is_finite() { format!("{waited:.4} s") } else { "for ever: the line only grows".into() };
    Err(Failure::new(format!("a mean wait of at most {wait} s"), format!("{found} servers: {how_long}")))
}

fn fewest(arrivals: f64, service: f64, wait: f64, found: usize) -> Result<(), Failure> {
    if found <= 1 || mean_wait(arrivals, service, found - 1) > wait {
        return Ok(());
    }
    let right = right(arrivals, service, wait);
    Err(Failure::new(format!("{right} servers"), format!("{found}, and {} are enough", found - 1)))
}

fn monotone(needed: Needed) -> Result<(), Failure> {
    let mut before = 0;
    for step in 1..=400 {
        let arrivals = f64::from(step) * 0.5;
        let found = needed(arrivals, 1.0, 0.05);
        if found < before {
            let failure =
                Failure::new(format!("at least {before}, as for fewer requests"), format!("{found}"));
            return Err(explained(failure, arrivals, 1.0, 0.05, found));
        }
        before = found;
    }
    Ok(())
}

fn explained(failure: Failure, arrivals: f64, service: f64, wait: f64, found: usize) -> Failure {
    failure
        .input(format!("servers_needed({arrivals:?}, {service:?}, {wait:?})"))
        .maybe_diagnosis(diagnose(arrivals, service, wait, found))
}

/// The fewest servers that can do the work and for which `waits` is short enough.
fn smallest(offered: f64, short_enough: impl Fn(usize) -> bool) -> Option<usize> {
    let first = offered.floor() as usize + 1;
    (first..first + 2_000).find(|&servers| short_enough(servers))
}

fn diagnose(arrivals: f64, service: f64, wait: f64, found: usize) -> Option<(&'static str, String)> {
    let offered = arrivals / service;
    let spare = |servers: usize| service * servers as f64 - arrivals;
    let by_latency = smallest(offered, |n| mean_wait(arrivals, service, n) + 1.0 / service <= wait);
    let by_loss = smallest(offered, |n| erlang_b(n, offered) / spare(n) <= wait);
    let right = right(arrivals, service, wait);
    let share = |n: usize| MMc::new(arrivals, service, n).map_or(1.0, |line| line.wait_probability());
    let by_share = smallest(offered, |n| share(n) <= wait);
    let private = |n: usize| mean_wait(arrivals / n as f64, service, 1) <= wait;
    let (key, message) = if found == right {
        return None;
    } else if found > 0 && (found as f64) < offered {
        (
            "fewer-than-the-work",
            "So few servers get more work than they can do, and the line grows without end. The formula does not say so: it gives a negative wait, which is below any target. Begin the search above arrivals / service_rate.",
        )
    } else if found > right + 1 && private(found) && !private(found - 1) {
        (
            "private-lines",
            "This many are needed when each server has a line of its own. Here all share one line, and nobody waits while a server is free: that takes Erlang's C.",
        )
    } else if offered > 100.0 && (found <= offered.floor() as usize + 1 || found > 2 * right) {
        (
            "factorials-overflow",
            "Right for small systems, wrong for large ones: 171! is infinite as `f64`, infinity over infinity is NaN, and no comparison with NaN is true. Erlang's recursion needs no factorial: B(n) = a B(n−1) / (n + a B(n−1)).",
        )
    } else if by_share == Some(found) && wait < 1.0 {
        (
            "share-for-wait",
            "This compares C, the share of requests that wait, with a target for the mean wait. How long they wait is still to come: divide C by what the servers can do beyond the arrivals, service_rate × n − arrivals.",
        )
    } else if found == offered.floor() as usize + 1 || found == offered.ceil() as usize {
        (
            "just-enough",
            "The servers can do the work, but are busy nearly all the time, so the line is long (or endless, when work and servers are exactly equal). Work over speed is where the search begins, not where it ends.",
        )
    } else if by_loss == Some(found) {
        (
            "lost-instead-of-waiting",
            "Erlang's B is the share that is lost when nobody may wait. Here all wait, and keep servers busy for those behind them: go on from B to C = B / (1 − ρ (1 − B)).",
        )
    } else if found == (1.2 * offered).ceil() as usize {
        (
            "rule-of-thumb",
            "Twenty percent more is too little for a small system and too much for a large one: what shortens the line is how many servers are spare, not what share of them. Compute the wait.",
        )
    } else if by_latency == Some(found) || by_latency.is_none() && found >= 1_000 {
        (
            "latency-for-wait",
            "The target is for the wait in line. This compares the whole latency, service included, which no number of servers brings below the service time.",
        )
    } else if found == right + 1 {
        ("one-too-many", "One server fewer would do: stop at the first number that meets the target.")
    } else {
        return None;
    };
    Some((key, message.into()))
}
