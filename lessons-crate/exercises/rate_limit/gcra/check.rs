//! Checks a limiter of one number per key.

use std::time::Duration;

use algorithms::interrupt::checkpoint;
use algorithms::rate_limit::{Rate, RateLimiter as _, TokenBucket};
use algorithms::rng::Rng;

use super::{EXERCISE, known};
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
    let passed = [(1, 0), (3, 0), (10, 5_000)].map(|(burst, start)| {
        let mut limiter = make(100 * MS, burst);
        let passed = (0..2 * burst).take_while(|_| allows(limiter.check(7, start * MS, 1))).count() as u32;
        (burst, start, passed)
    });
    if let Some((burst, start, found)) = passed.into_iter().find(|(burst, _, passed)| burst != passed) {
        let failure = Failure::new(format!("{burst} pass"), format!("{found} pass"))
            .input(format!("new(100 ms, {burst}), requests at {start} ms"));
        return Err(if passed.iter().all(|(_, _, passed)| *passed == 0) {
            failure.known(known::STARTS_EMPTY)
        } else if passed.iter().all(|(burst, _, passed)| burst.abs_diff(*passed) == 1) {
            failure.known(known::BURST_OFF_BY_ONE)
        } else {
            failure
        });
    }
    let mut limiter = make(100 * MS, 5);
    let first = limiter.check(1, 1_000 * MS, 3);
    if first == (Verdict::Allow { remaining: 2 }) {
        return Ok(());
    }
    let failure = failure("Allow { remaining: 2 }", first, "new(100 ms, 5), the first request with cost 3");
    Err(if first == (Verdict::Allow { remaining: 4 }) { failure.known(known::COST_IGNORED) } else { failure })
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
                failure.known(known::TIME_ROUNDED)
            } else if [interval * (burst + cost), interval * burst].contains(&retry_after) {
                failure.known(known::WAITS_FOR_THE_ARRIVAL_TIME)
            } else {
                failure
            });
        }
        let due = start + retry_after;
        let again = |at: Duration| filled().check(1, at, cost);
        let (early, late) = (again(due - Duration::from_nanos(1)), again(due));
        let wrong = if allows(early) {
            failure("Deny", early, format!("{input}, and again 1 ns before retry_after"))
        } else if !allows(late) {
            failure("Allow", late, format!("{input}, and again after retry_after"))
        } else {
            continue;
        };
        let near = Duration::from_micros(10);
        let rounded = !allows(again(due - near)) && allows(again(due + near));
        return Err(if rounded { wrong.known(known::TIME_ROUNDED) } else { wrong });
    }
    Ok(())
}

fn keys(make: Make) -> Result<(), Failure> {
    let mut limiter = make(100 * MS, 2);
    // Far apart, and the same in their lower or their upper half.
    let keys = [1, 2, 3, (1 << 32) + 1, 1 << 40, u64::MAX, u64::from(u32::MAX), 1 << 63, 0];
    for key in keys {
        for number in 1..=2 {
            let verdict = limiter.check(key, 50 * MS, 1);
            if !allows(verdict) {
                let input = format!("new(100 ms, 2), two requests each of the keys {keys:?}");
                return Err(failure(format!("Allow for request {number} of key {key}"), verdict, input)
                    .known(known::ONE_LIMIT_FOR_ALL));
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
    Err(failure("Allow", verdict, "new(100 ms, 1), a request every millisecond, then one at 100 ms")
        .known(known::PAYS_WHEN_REFUSED))
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
    Err(if passed > 3 { failure.known(known::HOARDS_CREDIT) } else { failure })
}

fn no_drift(make: Make) -> Result<(), Failure> {
    // A whole number of intervals.
    let year = Duration::from_nanos(1_000_003 * 365 * 86_400_000);
    let Err(failure) = on_time(make, year, 200_000) else { return Ok(()) };
    // Right when the numbers are small: then they do not fit when they are large.
    let rounded = on_time(make, Duration::ZERO, 1_000).is_ok();
    Err(if rounded { failure.known(known::TIME_ROUNDED) } else { failure })
}

/// Requests that come exactly when they are due, and one nanosecond before.
fn on_time(make: Make, start: Duration, requests: u32) -> Result<(), Failure> {
    // An interval that is no whole number of microseconds.
    let interval = Duration::from_nanos(1_000_003);
    let mut limiter = make(interval, 1);
    for number in 0..requests {
        if number % 1_000 == 0 {
            checkpoint();
        }
        let due = start + interval * number;
        let input =
            || format!("new(1,000,003 ns, 1), request {number} exactly when it is due, from {start:?} on");
        let early = (number > 0).then(|| limiter.check(1, due - Duration::from_nanos(1), 1));
        if let Some(early) = early.filter(|early| allows(*early)) {
            return Err(failure("Deny 1 ns before", early, input()));
        }
        let verdict = limiter.check(1, due, 1);
        if !allows(verdict) {
            return Err(failure("Allow", verdict, input()));
        }
    }
    Ok(())
}
