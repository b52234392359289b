//! What holds for all limiters, and what theory says of each.

use std::num::NonZeroU32;

use governor::clock::FakeRelativeClock;
use governor::{Quota, RateLimiter as Governor};
use proptest::prelude::*;

use super::*;
use crate::rng::Rng;

const SECOND: Duration = Duration::from_secs(1);

/// All limiters of a rate, each with the most that it lets pass in any time of one period.
fn limiters(rate: Rate, burst: u32) -> Vec<(Box<dyn RateLimiter>, usize)> {
    let limit = rate.count() as usize;
    vec![
        (Box::new(FixedWindow::new(rate)), 2 * limit),
        (Box::new(SlidingLog::new(rate)), limit),
        (Box::new(SlidingWindowCounter::new(rate)), 2 * limit),
        (Box::new(TokenBucket::new(rate, burst)), burst as usize + limit),
        (Box::new(Gcra::new(rate, burst)), burst as usize + limit),
        (Box::new(LeakyBucket::new(rate, burst)), burst as usize + limit),
    ]
}

/// Steps of a trace: short and long pauses in nanoseconds, and costs.
fn steps() -> impl Strategy<Value = Vec<(u64, u32)>> {
    let pause = prop_oneof![Just(0), 0..50_000_000u64, 0..2_000_000_000u64];
    prop::collection::vec((pause, 1u32..4), 1..200)
}

fn rates() -> impl Strategy<Value = Rate> {
    let period = prop_oneof![Just(1_000_000_000), 1..3_000_000_000u64];
    (1u32..50, period).prop_map(|(count, period)| Rate::new(count, Duration::from_nanos(period)))
}

proptest! {
    #[test]
    fn no_limiter_exceeds_its_bound(rate in rates(), burst in 1u32..30, steps in steps()) {
        for (mut limiter, bound) in limiters(rate, burst) {
            let mut now = Duration::ZERO;
            let mut passed = Vec::new();
            for &(pause, cost) in &steps {
                now += Duration::from_nanos(pause);
                if limiter.try_acquire(now, cost).allowed {
                    passed.extend((0..cost).map(|_| now));
                }
            }
            let most = most_in_any(&passed, rate.period());
            prop_assert!(most <= bound, "{}: {most}, not at most {bound}", limiter.name());
        }
    }

    #[test]
    fn a_retry_passes_just_when_it_was_said(rate in rates(), burst in 1u32..30, steps in steps()) {
        for (mut limiter, _) in limiters(rate, burst) {
            let name = limiter.name();
            let mut now = Duration::ZERO;
            for &(pause, cost) in &steps {
                now += Duration::from_nanos(pause);
                let decision = limiter.try_acquire(now, cost);
                if decision.allowed {
                    prop_assert_eq!(decision.retry_after, Some(Duration::ZERO));
                    continue;
                }
                prop_assert!(decision.remaining < cost, "{name}: what remains passes");
                let Some(retry_after) = decision.retry_after else {
                    prop_assert!(cost > burst.min(rate.count()), "{name}: it never passes");
                    continue;
                };
                prop_assert!(retry_after > Duration::ZERO, "{name}");
                let early = limiter.try_acquire(now + retry_after - Duration::from_nanos(1), cost);
                prop_assert!(!early.allowed, "{name}: a nanosecond before");
                now += retry_after;
                prop_assert!(limiter.try_acquire(now, cost).allowed, "{name}: at the time that it said");
            }
        }
    }

    #[test]
    fn what_remains_is_what_passes(rate in rates(), burst in 1u32..30, steps in steps()) {
        for (mut limiter, _) in limiters(rate, burst) {
            let mut now = Duration::ZERO;
            for &(pause, cost) in &steps {
                now += Duration::from_nanos(pause);
                let before = limiter.try_acquire(now, 0).remaining;
                let decision = limiter.try_acquire(now, cost);
                prop_assert_eq!(decision.allowed, cost <= before, "{}", limiter.name());
                let after = if decision.allowed { before - cost } else { before };
                prop_assert_eq!(decision.remaining, after, "{}", limiter.name());
            }
        }
    }

    #[test]
    fn gcra_is_the_token_bucket(rate in rates(), burst in 1u32..30, steps in steps()) {
        let (mut bucket, mut gcra) = (TokenBucket::new(rate, burst), Gcra::new(rate, burst));
        let mut now = Duration::ZERO;
        for (pause, cost) in steps {
            now += Duration::from_nanos(pause);
            prop_assert_eq!(bucket.try_acquire(now, cost), gcra.try_acquire(now, cost));
            prop_assert_eq!(bucket.is_fresh(now), gcra.is_fresh(now));
        }
    }

    #[test]
    fn the_bucket_keeps_to_its_line_over_every_interval(rate in rates(), burst in 1u32..30, steps in steps()) {
        let mut limiter = TokenBucket::new(rate, burst);
        let mut now = Duration::ZERO;
        let mut passed: Vec<(Duration, u32)> = Vec::new();
        for (pause, cost) in steps {
            now += Duration::from_nanos(pause);
            if limiter.try_acquire(now, cost).allowed {
                passed.push((now, cost));
            }
        }
        for first in 0..passed.len() {
            let mut sum = 0;
            for &(time, cost) in &passed[first..] {
                sum += u128::from(cost);
                let line = u128::from(burst) * rate.scaled_interval() + rate.scaled(time - passed[first].0);
                prop_assert!(sum * rate.scaled_interval() <= line);
            }
        }
    }

    #[test]
    fn the_log_is_a_naive_count(rate in rates(), steps in steps()) {
        let mut limiter = SlidingLog::new(rate);
        let mut passed: Vec<(Duration, u32)> = Vec::new();
        let mut now = Duration::ZERO;
        for (pause, cost) in steps {
            now += Duration::from_nanos(pause);
            let recent = passed.iter().filter(|(time, _)| *time + rate.period() > now);
            let used: u32 = recent.map(|(_, cost)| cost).sum();
            let allowed = limiter.try_acquire(now, cost).allowed;
            prop_assert_eq!(allowed, used + cost <= rate.count());
            if allowed {
                passed.push((now, cost));
            }
        }
    }

    #[test]
    fn a_leaky_bucket_lets_out_evenly_and_in_order(rate in rates(), depth in 1u32..20, steps in steps()) {
        let (mut limiter, mut meter) = (LeakyBucket::new(rate, depth), LeakyBucket::new(rate, depth));
        let mut now = Duration::ZERO;
        let mut last: Option<Duration> = None;
        for (pause, _) in steps {
            now += Duration::from_nanos(pause);
            let out = limiter.departure(now);
            prop_assert_eq!(out.is_some(), meter.try_acquire(now, 1).allowed);
            let Some(out) = out else { continue };
            prop_assert!(out >= now && out < now + rate.interval() * depth);
            if let Some(last) = last {
                // Two departures are rounded up, each by less than a nanosecond.
                prop_assert!(out + Duration::from_nanos(1) >= last + rate.interval());
            }
            last = Some(out);
        }
    }

    /// The crate governor is a GCRA too. Its quota is an interval in whole nanoseconds and a burst.
    #[test]
    fn the_crate_governor_decides_the_same(
        interval in 1u64..500_000_000, burst in 1u32..30, steps in steps(),
    ) {
        let interval = Duration::from_nanos(interval);
        let mut limiter = Gcra::new(Rate::new(1, interval), burst);
        let clock = FakeRelativeClock::default();
        let quota = Quota::with_period(interval)
            .expect("an interval above 0")
            .allow_burst(NonZeroU32::new(burst).expect("a burst above 0"));
        let governor = Governor::direct_with_clock(quota, clock.clone());
        let mut now = Duration::ZERO;
        for (pause, cost) in steps {
            now += Duration::from_nanos(pause);
            clock.advance(Duration::from_nanos(pause));
            let theirs = governor.check_n(NonZeroU32::new(cost).expect("a cost above 0"));
            let ours = limiter.try_acquire(now, cost);
            prop_assert_eq!(ours.allowed, matches!(theirs, Ok(Ok(()))));
            prop_assert_eq!(ours.retry_after.is_none(), theirs.is_err(), "more than the burst");
            if let Ok(Err(not_until)) = theirs {
                let wait = not_until.wait_time_from(governor::clock::Clock::now(&clock));
                prop_assert_eq!(ours.retry_after, Some(wait));
            }
        }
    }
}

/// The burst of the curriculum: a whole limit just before a boundary of windows, and one just after.
#[test]
fn the_boundary_burst() {
    let rate = Rate::per_second(100);
    let arrivals: Vec<Duration> =
        [990, 1_010].iter().flat_map(|&ms| [Duration::from_millis(ms); 100]).collect();
    let passed: Vec<usize> = limiters(rate, 100)
        .iter_mut()
        .map(|(limiter, _)| admitted(limiter.as_mut(), &arrivals).len())
        .collect();
    // Buckets refill by 2 in 20 ms; the counter forgets 1 of the window before.
    assert_eq!(passed, [200, 100, 101, 102, 102, 102]);
}

/// The worst case of the sliding window counter needs patience: what passes late in one window, and what trickles
/// through the whole next one.
#[test]
fn the_sliding_counter_can_be_led_to_nearly_twice_its_limit() {
    let rate = Rate::per_second(100);
    let mut arrivals = vec![Duration::from_nanos(999_999_999); 100];
    arrivals.extend((0..990).map(|ms| SECOND + Duration::from_millis(ms)));
    let passed = admitted(&mut SlidingWindowCounter::new(rate), &arrivals);
    let most = most_in_any(&passed, SECOND);
    assert!((195..200).contains(&most), "{most}");
    assert!(most_in_any(&passed, SECOND / 10) <= 111, "but not at once");
}

/// Poisson traffic at 80%, 100% and 150% of the limit: how far two counters are from the exact log.
#[test]
fn on_poisson_traffic_two_counters_pass_what_the_log_passes() {
    let rate = Rate::per_second(100);
    for (seed, load) in [80.0, 100.0, 150.0].into_iter().enumerate() {
        let arrivals = poisson_arrivals(load, 100_000, &mut Rng::new(seed as u64));
        let exact = admitted(&mut SlidingLog::new(rate), &arrivals);
        let counted = admitted(&mut SlidingWindowCounter::new(rate), &arrivals);
        let ratio = counted.len() as f64 / exact.len() as f64;
        assert!((ratio - 1.0).abs() < 0.03, "{load}: {ratio}");
        // The estimate of a Poisson count of 100 is off by about its own spread, √100, at most.
        let most = most_in_any(&counted, SECOND);
        assert!((100..=140).contains(&most), "{load}: {most}");
    }
}

#[test]
fn no_drift_in_a_million_requests() {
    // Three per second: an interval that is no whole number of nanoseconds.
    // With room for a second one, a request that comes a part of a nanosecond late is not held against the next.
    let mut limiter = Gcra::new(Rate::per_second(3), 2);
    let mut now = Duration::ZERO;
    assert!(limiter.try_acquire(now, 2).allowed);
    for _ in 0..1_000_000 {
        let refused = limiter.try_acquire(now, 1);
        now += refused.retry_after.expect("it passes later");
        assert!(!refused.allowed && limiter.try_acquire(now, 1).allowed);
    }
    // Rounded up by less than a nanosecond in all, not by that for each request.
    assert_eq!(now, Duration::from_nanos(333_333_333_333_334));
}

#[test]
fn an_earlier_time_never_lets_more_pass() {
    for (mut limiter, _) in limiters(Rate::per_second(5), 5) {
        let late = Duration::from_millis(10_500);
        while limiter.try_acquire(late, 1).allowed {}
        assert!(!limiter.try_acquire(Duration::from_millis(300), 1).allowed, "{}", limiter.name());
        assert!(!limiter.try_acquire(late, 1).allowed, "{}", limiter.name());
    }
}

#[test]
fn the_memory_of_a_key() {
    let rate = Rate::per_second(100);
    let arrivals = vec![Duration::ZERO; 100];
    let bytes = limiters(rate, 100).into_iter().map(|(mut limiter, _)| {
        admitted(limiter.as_mut(), &arrivals);
        limiter.size_bytes()
    });
    let bytes: Vec<usize> = bytes.collect();
    assert!(
        bytes[1] > 100 * 16 && bytes.iter().enumerate().all(|(i, &size)| i == 1 || size <= 32),
        "{bytes:?}"
    );
}
