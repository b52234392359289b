//! Checks an estimate on the back of an envelope: requests in flight at the peak, by Little's law.

use algorithms::scalability::{estimate, little};

use crate::{Checker, Failure, Report};

/// Requests a day, the peak as a multiple of the mean, and latency in milliseconds in; requests in flight out.
type Estimate = fn(f64, f64, f64) -> f64;

/// Checks a function that gives the mean number of requests in flight at the peak hour.
pub fn requests_in_flight(estimate: fn(f64, f64, f64) -> f64) -> Report {
    Checker::new("Requests in flight")
        .visible("86.4 million a day of 50 ms each are 50 in flight", move || {
            check(estimate, &[(86.4e6, 1.0, 50.0)])
        })
        .visible("at a peak of three times the mean, three times as many", move || {
            check(estimate, &[(86.4e6, 3.0, 50.0), (8.64e6, 10.0, 200.0)])
        })
        .visible("right for any latency", move || {
            check(estimate, &[(86.4e6, 2.0, 1.0), (86.4e6, 2.0, 1_000.0), (1e9, 5.0, 20_000.0)])
        })
        .hidden("small numbers are not rounded", move || {
            check(estimate, &[(86_400.0, 1.0, 300.0), (5_000.0, 2.0, 7.0)])
        })
        .hidden("nothing asked, nothing in flight", move || {
            let found = estimate(0.0, 3.0, 50.0);
            let input = "requests_in_flight(0.0, 3.0, 50.0)";
            if found == 0.0 { Ok(()) } else { Err(Failure::new("0", format!("{found}")).input(input)) }
        })
        .finish()
}

fn check(estimate: Estimate, cases: &[(f64, f64, f64)]) -> Result<(), Failure> {
    for &(per_day, peak, latency_ms) in cases {
        let rate = estimate::per_second(per_day) * peak;
        let expected = little::in_flight(rate, latency_ms / 1e3);
        let found = estimate(per_day, peak, latency_ms);
        if (found / expected - 1.0).abs() > 1e-6 {
            return Err(Failure::new(format!("{expected}"), format!("{found}"))
                .input(format!("requests_in_flight({per_day:?}, {peak:?}, {latency_ms:?})"))
                .maybe_diagnosis(diagnose(found, expected, rate, peak, latency_ms)));
        }
    }
    Ok(())
}

fn diagnose(
    found: f64,
    expected: f64,
    rate: f64,
    peak: f64,
    latency_ms: f64,
) -> Option<(&'static str, String)> {
    let is = |value: f64| (found / value - 1.0).abs() < 1e-6;
    let (key, message) = if is(expected * 1e3) {
        (
            "milliseconds-as-seconds",
            "A thousand times too many: the rate is per second and the latency in milliseconds. Bring both to seconds before they are multiplied.",
        )
    } else if is(rate / (latency_ms / 1e3)) || is(rate / latency_ms) {
        (
            "divided-by-latency",
            "Slower answers must mean more requests in flight, not fewer: Little's law multiplies rate and latency.",
        )
    } else if is(expected / peak) {
        (
            "peak-forgotten",
            "This is the mean over the day. Servers must stand the busiest hour: multiply the rate by the peak.",
        )
    } else if is(expected * 60.0) || is(expected * 3_600.0) {
        (
            "rate-not-per-second",
            "The rate is per minute or per hour, and the latency in seconds. A day has 24 × 60 × 60 = 86,400 seconds.",
        )
    } else if is(expected * estimate::SECONDS_PER_DAY / 1e5) {
        (
            "rounded-day",
            "100,000 seconds a day are fine in the head, but 14% too few requests for a function: a day has 86,400.",
        )
    } else if found.fract() == 0.0
        && expected.fract() != 0.0
        && found > 0.0
        // Also when the rate was rounded before the latency came to it.
        && (found - expected).abs() <= (latency_ms / 1e3).max(1.0)
    {
        (
            "rounded",
            "A mean need not be whole: 0.3 requests in flight says that the service is idle most of the time. Return the fraction.",
        )
    } else {
        return None;
    };
    Some((key, message.into()))
}
