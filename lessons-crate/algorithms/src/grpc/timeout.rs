//! Until when an answer is of use, on the wire and from service to service.

use std::time::Duration;

use crate::resilience::Deadline;

/// Why a text is no timeout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no grpc-timeout: one to eight digits and one of H, M, S, m, u, n, such as 250m")]
pub struct TimeoutError(pub String);

/// The units, the largest first, in nanoseconds.
const UNITS: [(char, u128); 6] = [
    ('H', 3_600_000_000_000),
    ('M', 60_000_000_000),
    ('S', 1_000_000_000),
    ('m', 1_000_000),
    ('u', 1_000),
    ('n', 1),
];

/// More digits are not allowed.
const DIGITS_MAX: usize = 8;

/// A time as `grpc-timeout` has it: the finest unit in which it has at most eight digits. What is left over is cut off,
/// so that nobody further down has longer than we have. O(1).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::grpc::{format_timeout, parse_timeout};
///
/// assert_eq!(format_timeout(Duration::from_millis(250)), "250000u");
/// assert_eq!(format_timeout(Duration::from_secs(100)), "100000m");
/// assert_eq!(parse_timeout("250m"), Ok(Duration::from_millis(250)));
/// ```
pub fn format_timeout(left: Duration) -> String {
    let nanoseconds = left.as_nanos();
    let most = 10u128.pow(DIGITS_MAX as u32) - 1;
    let fits = |&&(_, unit): &&(char, u128)| nanoseconds / unit <= most;
    match UNITS.iter().rev().find(fits) {
        Some((letter, unit)) => format!("{}{letter}", nanoseconds / unit),
        // Eleven thousand years.
        None => format!("{most}H"),
    }
}

/// The time that a `grpc-timeout` says. O(1).
///
/// # Errors
///
/// When it is none: no digits, more than eight, or another unit.
///
/// # Sources
///
/// "gRPC over HTTP2" (Timeout), grpc/grpc, `doc/PROTOCOL-HTTP2.md`, read 2026.
pub fn parse_timeout(text: &str) -> Result<Duration, TimeoutError> {
    let error = || TimeoutError(text.chars().take(40).collect());
    let unit = text.chars().next_back().ok_or_else(error)?;
    let digits = &text[..text.len() - unit.len_utf8()];
    let good = (1..=DIGITS_MAX).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let value: u64 = digits.parse().ok().filter(|_| good).ok_or_else(error)?;
    match unit {
        'H' => Ok(Duration::from_secs(value * 3_600)),
        'M' => Ok(Duration::from_secs(value * 60)),
        'S' => Ok(Duration::from_secs(value)),
        'm' => Ok(Duration::from_millis(value)),
        'u' => Ok(Duration::from_micros(value)),
        'n' => Ok(Duration::from_nanos(value)),
        _ => Err(error()),
    }
}

/// One service in a chain of calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Its name.
    pub name: String,
    /// How long the request travels to it. The answer is not waited for here.
    pub travel: Duration,
    /// How long it works before it calls the next.
    pub work: Duration,
}

/// What became of a service's part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HopResult {
    /// Its name.
    pub name: String,
    /// The header that came with the request, and when it came.
    pub header: String,
    /// When the request came.
    pub arrived: Duration,
    /// When it had done its part, or saw that there was no point; this is also when it called the next.
    pub ended: Duration,
    /// Whether its part was done in time.
    pub in_time: bool,
}

/// Follows a deadline down a chain of calls: each service gets what the one before had left.
///
/// The header says what is left when it is sent, so the way there is not in it: a service believes that it has that much
/// longer. With hops of a few milliseconds that is the price of not comparing clocks. A service whose time runs out does
/// not call the next.
///
/// # Complexity
///
/// O(hops).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::grpc::{Hop, propagate};
///
/// let ms = Duration::from_millis;
/// let hop = |name: &str| Hop { name: name.into(), travel: ms(1), work: ms(40) };
/// let results = propagate(ms(100), &["edge", "users", "auth", "keys"].map(hop));
/// let headers: Vec<&str> = results.iter().map(|result| result.header.as_str()).collect();
/// assert_eq!(headers, ["100000u", "60000000n", "20000000n"]);
/// assert!(!results[2].in_time, "20 ms are left for 40 ms of work: the keys are not asked any more");
/// ```
///
/// # Sources
///
/// "Deadlines", gRPC documentation, The gRPC Authors, read 2026 (deadline propagation).
pub fn propagate(total: Duration, hops: &[Hop]) -> Vec<HopResult> {
    let (mut now, mut results) = (Duration::ZERO, Vec::new());
    let mut left = total;
    for hop in hops {
        let header = format_timeout(left);
        now += hop.travel;
        let arrived = now;
        // Its own clock: all that it knows is the header.
        let Ok(told) = parse_timeout(&header) else { break };
        let deadline = Deadline::after(arrived, told);
        let in_time = deadline.allows(arrived, hop.work);
        now += hop.work.min(told);
        results.push(HopResult { name: hop.name.clone(), header, arrived, ended: now, in_time });
        match deadline.left(now).filter(|_| in_time) {
            Some(rest) => left = rest,
            None => break,
        }
    }
    results
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_timeout() {
        for bad in ["", "m", "5", "123456789m", "1.5S", "-1S", "+1S", "5s", "5 S", "5\u{e9}", "\u{661}S"] {
            assert!(parse_timeout(bad).is_err(), "{bad}");
        }
        assert_eq!(parse_timeout("99999999H"), Ok(Duration::from_secs(99_999_999 * 3_600)));
        assert_eq!(parse_timeout("0n"), Ok(Duration::ZERO));
    }

    #[test]
    fn the_finest_unit_of_eight_digits() {
        for (time, text) in [
            (Duration::ZERO, "0n"),
            (Duration::from_nanos(99_999_999), "99999999n"),
            (Duration::from_nanos(100_000_999), "100000u"),
            (Duration::from_secs(60), "60000000u"),
            (Duration::from_secs(3_600), "3600000m"),
            (Duration::MAX, "99999999H"),
        ] {
            assert_eq!(format_timeout(time), text);
        }
    }

    proptest! {
        #[test]
        fn a_timeout_never_grows_on_the_wire(seconds in 0u64..10_000_000, nanoseconds in 0u32..1_000_000_000) {
            let left = Duration::new(seconds, nanoseconds);
            let read = parse_timeout(&format_timeout(left)).expect("our own");
            prop_assert!(read <= left);
            // The next unit up leaves six digits at least: less than a hundred-thousandth is lost.
            prop_assert!(left - read <= left / 99_999);
        }

        #[test]
        fn what_is_left_shrinks_from_hop_to_hop(
            total in 0u64..2_000, hops in prop::collection::vec((0u64..50, 0u64..300), 0..10),
        ) {
            let ms = Duration::from_millis;
            let hops: Vec<Hop> = hops
                .into_iter()
                .map(|(travel, work)| Hop { name: String::new(), travel: ms(travel), work: ms(work) })
                .collect();
            let results = propagate(ms(total), &hops);
            let told: Vec<Duration> =
                results.iter().map(|result| parse_timeout(&result.header).expect("ours")).collect();
            prop_assert!(told.windows(2).all(|pair| pair[1] <= pair[0]), "{told:?}");
            let travel: Duration = hops.iter().map(|hop| hop.travel).sum();
            for result in &results {
                prop_assert!(result.ended <= ms(total) + travel, "late by no more than the ways");
            }
            // All but the last could still call the next.
            prop_assert!(results.iter().rev().skip(1).all(|result| result.in_time));
        }

        #[test]
        fn any_text_gives_an_answer(text: String) {
            let _ = parse_timeout(&text);
        }
    }
}
