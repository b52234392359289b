//! Checks a limiter of one number per key.

use std::time::Duration;

use algorithms::interrupt::checkpoint;
use algorithms::rate_limit::{Rate, RateLimiter as _, TokenBucket};
use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

/// A rate limiter, as the exercise asks for it.
pub trait LimiterExercise: 'static {
    /// For each key one request per `interval`, and up to `burst` at once.
    fn new(interval: Duration, burst: u32) -> Self
    where
        Self: Sized;
    /// Decides on a request of this key that counts as `cost` requests (from 1 to the burst). Time never goes back.
    fn check(&mut self, key: u64, now: Duration, cost: u32) -> Verdict;
}

/// What the limiter of the exercise says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It passes, and so much more could pass at this moment.
    Allow {
        /// As whole requests.
        remaining: u32,
    },
    /// It does not, and the same request passes after this time, if nothing else comes.
    Deny {
        /// To the nanosecond.
        retry_after: Duration,
    },
}

/// Checks a learner's limiter.
pub fn gcra<T: LimiterExercise>() -> Report {
    check(|interval, burst| Box::new(T::new(interval, burst)))
}

type Make = fn(Duration, u32) -> Box<dyn LimiterExercise>;

fn check(make: Make) -> Report {
    Checker::new(&EXERCISE)
        .visible("a burst passes at once, and not one more", move || bursts(make))
        .visible("who comes back after retry_after passes, and not a nanosecond earlier", move || {
            comes_back(make)
        })
        .visible("each key has its own limit", move || keys(make))
        .visible("it decides as a token bucket does", move || token_bucket(make))
        .hidden("a request that is refused costs nothing", move || refused_is_free(make))
        .hidden("time that nobody used is not saved up beyond the burst", move || no_hoarding(make))
        .hidden("it is exact to the nanosecond after a year", move || no_drift(make))
        .finish()
}

const MS: Duration = Duration::from_millis(1);

fn allows(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Allow { .. })
}

fn failure(expected: impl Into<String>, found: Verdict, input: impl Into<String>) -> Failure {
    Failure::new(expected, format!("{found:?}")).input(input)
}

fn bursts(make: Make) -> Result<(), Failure> {
    for (burst, start) in [(1, 0), (3, 0), (10, 5_000)] {
        let mut limiter = make(100 * MS, burst);
        let passed = (0..2 * burst).take_while(|_| allows(limiter.check(7, start * MS, 1))).count() as u32;
        if passed != burst {
            let input = format!("new(100 ms, {burst}), requests at {start} ms");
            let failure = Failure::new(format!("{burst} pass"), format!("{passed} pass")).input(input);
            return Err(if passed + 1 == burst || passed == burst + 1 {
                failure.diagnosis(
                    "burst-off-by-one",
                    "One too many or too few: a burst of 1 lets one request pass, which is 0 intervals early. So a request may be early by (burst - 1) intervals, and its own cost counts.",
                )
            } else {
                failure
            });
        }
    }
    let mut limiter = make(100 * MS, 5);
    let first = limiter.check(1, 1_000 * MS, 3);
    if first != (Verdict::Allow { remaining: 2 }) {
        let input = "new(100 ms, 5), the first request with cost 3";
        return Err(failure("Allow { remaining: 2 }", first, input).maybe_diagnosis(cost(first)));
    }
    Ok(())
}

fn cost(found: Verdict) -> Option<(&'static str, String)> {
    let message = "A request with cost 3 was counted as one: it moves the arrival time by three intervals.";
    (found == Verdict::Allow { remaining: 4 }).then(|| ("cost-ignored", message.to_owned()))
}

fn comes_back(make: Make) -> Result<(), Failure> {
    let (interval, start) = (Duration::from_nanos(33_333_333), 77 * MS);
    for (burst, cost) in [(1, 1), (4, 1), (4, 3)] {
        let input =
            format!("new(33,333,333 ns, {burst}), {burst} requests at 77 ms, then one with cost {cost}");
        let filled = || {
            let mut limiter = make(interval, burst);
            for _ in 0..burst {
                limiter.check(1, start, 1);
            }
            limiter
        };
        let verdict = filled().check(1, start, cost);
        let right = interval * cost;
        let Verdict::Deny { retry_after } = verdict else {
            return Err(failure(format!("Deny {{ retry_after: {right:?} }}"), verdict, input));
        };
        if retry_after != right {
            let failure = failure(format!("Deny {{ retry_after: {right:?} }}"), verdict, input.clone());
            let off = retry_after.abs_diff(right);
            return Err(if !off.is_zero() && off < Duration::from_micros(10) {
                failure.diagnosis(FLOAT.0, FLOAT.1)
            } else if [interval * (burst + cost), interval * burst].contains(&retry_after) {
                failure.diagnosis(
                    "waits-for-the-arrival-time",
                    "This waits until the arrival time itself. A request passes earlier than that, by up to `burst` intervals: say how far `next` lies beyond the latest time that is allowed now.",
                )
            } else {
                failure
            });
        }
        let early = filled().check(1, start + retry_after - Duration::from_nanos(1), cost);
        if allows(early) {
            return Err(failure("Deny", early, format!("{input}, and again 1 ns before retry_after")));
        }
        let late = filled().check(1, start + retry_after, cost);
        if !allows(late) {
            return Err(failure("Allow", late, format!("{input}, and again after retry_after")));
        }
    }
    Ok(())
}

const FLOAT: (&str, &str) = (
    "float-time",
    "The time is a little off. A number of seconds in `f64` has 53 bits, which a year in nanoseconds fills; sums of tenths are never exact. Keep `Duration`, or whole nanoseconds.",
);

fn keys(make: Make) -> Result<(), Failure> {
    let mut limiter = make(100 * MS, 2);
    for key in [1, 2, 3, 1 << 40] {
        for number in 1..=2 {
            let verdict = limiter.check(key, 50 * MS, 1);
            if !allows(verdict) {
                let input = format!("new(100 ms, 2), two requests each of keys 1, 2, 3 and {}", 1u64 << 40);
                return Err(failure(format!("Allow for request {number} of key {key}"), verdict, input)
                    .diagnosis(
                        "one-limit-for-all",
                        "A key was refused for what others did: keep one arrival time for each key.",
                    ));
            }
        }
    }
    Ok(())
}

/// The right limiter, on the same requests.
struct Twin {
    bucket: TokenBucket,
    burst: u32,
}

impl Twin {
    fn new(interval_ms: u64, burst: u32) -> Self {
        Self { bucket: TokenBucket::new(Rate::new(1, Duration::from_millis(interval_ms)), burst), burst }
    }

    fn check(&mut self, now: Duration, cost: u32) -> Verdict {
        let decision = self.bucket.try_acquire(now, cost);
        match decision.retry_after {
            _ if decision.allowed => Verdict::Allow { remaining: decision.remaining.min(self.burst) },
            retry_after => Verdict::Deny { retry_after: retry_after.unwrap_or_default() },
        }
    }
}

fn token_bucket(make: Make) -> Result<(), Failure> {
    let mut rng = Rng::new(11);
    for round in 0..300 {
        checkpoint();
        let (interval, burst) = (1 + rng.below(50), 1 + rng.below(6) as u32);
        let (mut limiter, mut twin) = (make(interval as u32 * MS, burst), Twin::new(interval, burst));
        let mut now = Duration::ZERO;
        let mut trace = Vec::new();
        for _ in 0..60 {
            now += Duration::from_micros(rng.below(2_000 * interval));
            let cost = 1 + rng.below(u64::from(burst)) as u32;
            trace.push(format!("{now:?} cost {cost}"));
            let (expected, found) = (twin.check(now, cost), limiter.check(round, now, cost));
            if expected != found {
                let from = trace.len().saturating_sub(4);
                let dots = if from > 0 { "..., " } else { "" };
                let input = format!("new({interval} ms, {burst}), {dots}{}", trace[from..].join(", "));
                return Err(failure(format!("{expected:?}"), found, input));
            }
        }
    }
    Ok(())
}

fn refused_is_free(make: Make) -> Result<(), Failure> {
    let mut limiter = make(100 * MS, 1);
    limiter.check(1, Duration::ZERO, 1);
    for early in 1..100 {
        limiter.check(1, early * MS, 1);
    }
    let verdict = limiter.check(1, 100 * MS, 1);
    if allows(verdict) {
        return Ok(());
    }
    Err(failure("Allow", verdict, "new(100 ms, 1), a request every millisecond, then one at 100 ms").diagnosis(
        "pays-when-refused",
        "Requests that were refused moved the arrival time, so a client that keeps asking is shut out for ever. Move it only when the request passes.",
    ))
}

fn no_hoarding(make: Make) -> Result<(), Failure> {
    let mut limiter = make(100 * MS, 3);
    limiter.check(1, Duration::ZERO, 1);
    let later = 3_600_000 * MS;
    let passed = (0..50).take_while(|_| allows(limiter.check(1, later, 1))).count();
    if passed == 3 {
        return Ok(());
    }
    let failure = Failure::new("3 pass", format!("{passed} pass"))
        .input("new(100 ms, 3), a request at 0, then many after an hour");
    Err(if passed > 3 {
        failure.diagnosis(
            "hoards-credit",
            "An hour of silence was saved up. The next request is due now at the earliest: take the later of the arrival time and `now` before adding.",
        )
    } else {
        failure
    })
}

fn no_drift(make: Make) -> Result<(), Failure> {
    // An interval that is no whole number of microseconds, far from the start of time.
    let interval = Duration::from_nanos(1_000_003);
    let mut limiter = make(interval, 1);
    let start = Duration::from_secs(365 * 86_400);
    for number in 0..200_000u32 {
        if number % 1_000 == 0 {
            checkpoint();
        }
        let due = start + interval * number;
        if number > 0 && allows(limiter.check(1, due - Duration::from_nanos(1), 1)) {
            return Err(drifted("Deny 1 ns before", "Allow", number));
        }
        if !allows(limiter.check(1, due, 1)) {
            return Err(drifted("Allow", "Deny", number));
        }
    }
    Ok(())
}

fn drifted(expected: &str, found: &str, number: u32) -> Failure {
    Failure::new(expected, found)
        .input(format!("new(1,000,003 ns, 1), request {number} exactly when it is due, after a year"))
        .diagnosis(FLOAT.0, FLOAT.1)
}
