//! The retransmission timer: how long to wait for an acknowledgment before sending again.

use std::time::Duration;

/// What a sender waits before it has measured anything (RFC 6298, section 2.1).
const INITIAL: Duration = Duration::from_secs(1);
/// The least that RFC 6298 allows. Linux goes down to 0.2 s.
const FLOOR: Duration = Duration::from_secs(1);
/// A ceiling, which the RFC allows at 60 s or more.
const CEILING: Duration = Duration::from_secs(60);

/// Estimates the round trip and its variation, and from both the retransmission timeout (RTO).
///
/// RTO = SRTT + 4 · RTTVAR, smoothed with 1/8 and 1/4, at least the floor and at most 60 s; doubled each time it
/// expires. Karn's rule: an acknowledgment of a segment that was sent twice says nothing about time, because nobody
/// knows which of the two it answers.
///
/// # Complexity
///
/// Two numbers, O(1) for each sample.
///
/// # Examples
///
/// ```
/// use lessons::net::RtoEstimator;
/// use std::time::Duration;
///
/// let mut rto = RtoEstimator::new();
/// rto.on_sample(Duration::from_millis(800), false); // SRTT 0.8 s, RTTVAR 0.4 s.
/// assert_eq!(rto.rto(), Duration::from_millis(2_400));
/// rto.on_timeout();
/// assert_eq!(rto.rto(), Duration::from_millis(4_800));
/// ```
///
/// # Sources
///
/// V. Paxson, M. Allman, J. Chu and M. Sargent, "Computing TCP's Retransmission Timer", RFC 6298, 2011. P. Karn and
/// C. Partridge, "Improving Round-Trip Time Estimates in Reliable Transport Protocols", SIGCOMM 1987,
/// doi:10.1145/55482.55484. V. Jacobson, "Congestion Avoidance and Control", SIGCOMM 1988, doi:10.1145/52324.52356.
#[derive(Clone, Debug)]
pub struct RtoEstimator {
    /// Smoothed round trip and its variation, once there is a sample.
    measured: Option<(Duration, Duration)>,
    rto: Duration,
    floor: Duration,
}

impl Default for RtoEstimator {
    fn default() -> Self {
        Self::new()
    }
}

impl RtoEstimator {
    /// One without samples: it waits one second, and never less than that.
    pub fn new() -> Self {
        Self { measured: None, rto: INITIAL, floor: FLOOR }
    }

    /// The same with another least timeout than the RFC's second.
    #[must_use]
    pub fn with_floor(mut self, floor: Duration) -> Self {
        self.floor = floor;
        self
    }

    /// A round trip was measured. `retransmitted` says that the segment was sent more than once: then the sample is
    /// not used, and a timeout that was doubled stays so.
    pub fn on_sample(&mut self, round_trip: Duration, retransmitted: bool) {
        if retransmitted {
            return;
        }
        let (smoothed, variation) = match self.measured {
            None => (round_trip, round_trip / 2),
            Some((smoothed, variation)) => {
                // The variation first: it is about the mean as it was before this sample.
                let off = smoothed.abs_diff(round_trip);
                (smoothed * 7 / 8 + round_trip / 8, variation * 3 / 4 + off / 4)
            }
        };
        self.measured = Some((smoothed, variation));
        self.rto = (smoothed + variation * 4).clamp(self.floor, CEILING);
    }

    /// The timer expired: wait twice as long from now on, until a fresh sample comes.
    pub fn on_timeout(&mut self) {
        self.rto = (self.rto * 2).min(CEILING);
    }

    /// How long to wait now.
    pub fn rto(&self) -> Duration {
        self.rto
    }

    /// The smoothed round trip, once there is a sample.
    pub fn smoothed(&self) -> Option<Duration> {
        self.measured.map(|(smoothed, _)| smoothed)
    }

    /// The smoothed deviation from it, once there is a sample.
    pub fn variation(&self) -> Option<Duration> {
        self.measured.map(|(_, variation)| variation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_first_sample_and_the_second() {
        let mut rto = RtoEstimator::new();
        assert_eq!(rto.rto(), 1_000 * MS);
        rto.on_sample(800 * MS, false);
        assert_eq!((rto.smoothed(), rto.variation()), (Some(800 * MS), Some(400 * MS)));
        rto.on_sample(1_600 * MS, false);
        // 7/8 of 800 and 1/8 of 1,600; 3/4 of 400 and 1/4 of 800.
        assert_eq!((rto.smoothed(), rto.variation()), (Some(900 * MS), Some(500 * MS)));
        assert_eq!(rto.rto(), 2_900 * MS);
    }

    #[test]
    fn a_steady_path_goes_to_the_floor_and_a_slow_one_to_its_round_trip() {
        for (round_trip, limit) in [(30, 1_000), (2_000, 2_000)] {
            let mut rto = RtoEstimator::new();
            (0..100).for_each(|_| rto.on_sample(round_trip * MS, false));
            assert!(rto.rto().abs_diff(limit * MS) < MS, "{:?}", rto.rto());
            assert!(rto.variation() < Some(MS));
        }
    }

    #[test]
    fn a_timeout_doubles_and_only_a_fresh_sample_ends_it() {
        let mut rto = RtoEstimator::new();
        rto.on_sample(100 * MS, false);
        for expected in [2, 4, 8, 16, 32, 60, 60] {
            rto.on_timeout();
            assert_eq!(rto.rto(), expected * 1_000 * MS);
        }
        rto.on_sample(5 * MS, true);
        assert_eq!(rto.rto(), 60_000 * MS);
        rto.on_sample(100 * MS, false);
        assert_eq!(rto.rto(), 1_000 * MS);
    }

    /// Why the variation counts four times: a timeout well above nearly every round trip.
    #[test]
    fn it_is_seldom_too_short_for_a_noisy_path() {
        let (mut rng, mut rto) = (Rng::new(6), RtoEstimator::new().with_floor(Duration::ZERO));
        let mut early = 0;
        for _ in 0..20_000 {
            let round_trip = Duration::from_secs_f64(0.05 + rng.exponential(0.02));
            early += u32::from(rto.smoothed().is_some() && round_trip > rto.rto());
            rto.on_sample(round_trip, false);
        }
        // An exponential tail is longer than a normal one: 3%, and not 0.006%.
        assert!((300..1_000).contains(&early), "{early}");
    }
}
