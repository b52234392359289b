//! What a loss rate leaves of a window: the laws, and runs that meet them or not.

use std::time::Duration;

use super::Congestion;
use super::cubic::{BETA, C};
use crate::interrupt;
use crate::rng::Rng;

/// Segments between two looks at the interrupt.
const CHECK_EVERY: u64 = 65_536;

/// The mean window of Reno in segments, when one segment in `1/loss` is lost, regularly: √(3/2) / √loss.
///
/// The window climbs from W/2 to W by one each round trip, which is 3/8 W² segments for one loss.
///
/// # Examples
///
/// ```
/// use lessons::net::law;
///
/// assert!((law::reno_window(1e-4) - 122.5).abs() < 0.1);
/// ```
///
/// # Sources
///
/// M. Mathis, J. Semke, J. Mahdavi and T. Ott, "The Macroscopic Behavior of the TCP Congestion Avoidance Algorithm",
/// ACM SIGCOMM Computer Communication Review 27(3), 1997, doi:10.1145/263932.264023.
pub fn reno_window(loss: f64) -> f64 {
    (1.5 / loss).sqrt()
}

/// The same for CUBIC where its curve decides, on long paths: 1.054 · RTT^¾ / loss^¾.
///
/// # Sources
///
/// RFC 9438, section 5.1, equation 5, 2023.
pub fn cubic_window(loss: f64, round_trip: Duration) -> f64 {
    let constant = (C * (3.0 + BETA) / (4.0 * (1.0 - BETA))).powf(0.25);
    constant * (round_trip.as_secs_f64() / loss).powf(0.75)
}

/// Bytes per second that a window of so many segments gives: one window for each round trip.
pub fn throughput(window: f64, segment_bytes: f64, round_trip: Duration) -> f64 {
    window * segment_bytes / round_trip.as_secs_f64()
}

/// Which segments are lost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Losses {
    /// Every (1/p)-th: what the laws assume.
    Regular(f64),
    /// Each with probability p, whatever happened to the others.
    Random(f64),
}

/// The mean window over time, in segments, of a sender that always has data, on a path whose only limit is loss.
///
/// Segment after segment is sent, a window of them in each round trip; a loss is noticed at once, and further losses
/// in the same round trip are part of it. There is no queue and no timeout. O(segments).
///
/// # Examples
///
/// ```
/// use lessons::net::{law, Reno};
/// use std::time::Duration;
///
/// let (rtt, loss) = (Duration::from_millis(50), law::Losses::Regular(1e-3));
/// let window = law::mean_window(&Reno::in_avoidance(38.7), loss, rtt, 1_000_000, 35);
/// assert!((window / law::reno_window(1e-3) - 1.0).abs() < 0.1);
/// ```
pub fn mean_window(
    control: &dyn Congestion,
    losses: Losses,
    round_trip: Duration,
    segments: u64,
    seed: u64,
) -> f64 {
    let (mut control, mut rng) = (control.boxed(), Rng::new(seed));
    let rtt = round_trip.as_secs_f64();
    let (mut now, mut area, mut deaf_until) = (0.0, 0.0, 0.0);
    let mut due = 0.0;
    for number in 0..segments {
        if number % CHECK_EVERY == 0 {
            interrupt::checkpoint();
        }
        let step = rtt / control.window();
        area += control.window() * step;
        now += step;
        let lost = match losses {
            Losses::Random(p) => rng.chance(p),
            Losses::Regular(p) => {
                due += p;
                let lost = due >= 1.0;
                due -= f64::from(u8::from(lost));
                lost
            }
        };
        let time = Duration::from_secs_f64(now);
        if !lost {
            control.acknowledged(1.0, time, round_trip);
        } else if now >= deaf_until {
            control.lost(time);
            deaf_until = now + rtt;
        }
    }
    if now > 0.0 { area / now } else { control.window() }
}

/// Round trips until so many segments are delivered, when none is lost and the window doubles each time from
/// `initial`: ⌈log₂(segments / initial + 1)⌉, 0 for none.
///
/// # Panics
///
/// When `initial` is 0.
pub fn slow_start_rounds(segments: u64, initial: u64) -> u32 {
    assert!(initial > 0, "a window of no segments never sends any");
    let (mut rounds, mut sent, mut window) = (0, 0u64, initial);
    while sent < segments {
        sent = sent.saturating_add(window);
        window = window.saturating_mul(2);
        rounds += 1;
    }
    rounds
}

#[cfg(test)]
mod tests {
    use super::super::{Cubic, Reno};
    use super::*;

    const LONG: Duration = Duration::from_millis(200);

    #[test]
    fn reno_meets_its_law() {
        for loss in [1e-2, 1e-3, 1e-4] {
            let law = reno_window(loss);
            let start = Reno::in_avoidance(law);
            let segments = (400.0 / loss) as u64;
            let regular = mean_window(&start, Losses::Regular(loss), LONG, segments, 1);
            assert!((regular / law - 1.0).abs() < 0.06, "{loss}: {regular}, by law {law}");
            // Random losses leave 1.31/√p: a little more (Ott, Kemperman and Mathis, 1996).
            let random = mean_window(&start, Losses::Random(loss), LONG, 5 * segments, 1);
            let ratio = random * loss.sqrt();
            assert!((1.15..1.45).contains(&ratio), "{loss}: {ratio}");
        }
    }

    #[test]
    fn cubic_meets_its_law_on_a_long_path() {
        for loss in [1e-3, 1e-4, 1e-5] {
            let law = cubic_window(loss, LONG);
            let start = Cubic::in_avoidance(law).without_fast_convergence();
            let segments = (300.0 / loss) as u64;
            let mean = mean_window(&start, Losses::Regular(loss), LONG, segments, 1);
            assert!((mean / law - 1.0).abs() < 0.1, "{loss}: {mean}, by law {law}");
        }
    }

    #[test]
    fn rounds_are_those_of_the_formula() {
        assert_eq!([10, 100, 1_000].map(|segments| slow_start_rounds(segments, 10)), [1, 4, 7]);
        assert_eq!(slow_start_rounds(0, 10), 0);
        for segments in 1..3_000u64 {
            let formula = (segments as f64 / 10.0 + 1.0).log2().ceil();
            assert_eq!(f64::from(slow_start_rounds(segments, 10)), formula, "{segments}");
        }
    }
}
