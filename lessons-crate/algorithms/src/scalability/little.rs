//! Little's law: requests in flight = throughput × latency.
//!
//! It holds for any system, any order of service and any distribution, as long as what comes also leaves.
//! So it finds numbers that cannot be true together.
//!
//! # Sources
//!
//! J. D. C. Little, "A Proof for the Queuing Formula: L = λW", Operations Research 9(3), 1961,
//! doi:10.1287/opre.9.3.383; S. Stidham Jr., "A Last Word on L = λW", Operations Research 22(2), 1974, for
//! the law as a statement about one measured run.

/// The mean number of requests in flight: L = λ W.
///
/// # Examples
///
/// ```
/// use lessons::scalability::little;
///
/// assert_eq!(little::in_flight(200.0, 0.05), 10.0);
/// ```
pub fn in_flight(throughput: f64, latency: f64) -> f64 {
    throughput * latency
}

/// The throughput at which `in_flight` requests of this mean latency are in flight: λ = L / W.
pub fn throughput(in_flight: f64, latency: f64) -> f64 {
    in_flight / latency
}

/// The mean latency of requests of which `in_flight` are in flight at this throughput: W = L / λ.
pub fn latency(in_flight: f64, throughput: f64) -> f64 {
    in_flight / throughput
}

/// How far a reported triple is from the law: throughput × latency / concurrency − 1. Far from 0, one of
/// the three was not measured, or not where the others were.
///
/// # Examples
///
/// ```
/// use lessons::scalability::little;
///
/// // "10 users, 5,000 requests per second, 20 ms" cannot be: that latency allows 500 per second.
/// assert_eq!(little::discrepancy(5_000.0, 0.020, 10.0), 9.0);
/// ```
pub fn discrepancy(throughput: f64, latency: f64, concurrency: f64) -> f64 {
    throughput * latency / concurrency - 1.0
}

/// The three numbers of the law, each measured in its own way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// L: the requests in flight, averaged over time.
    pub in_flight: f64,
    /// λ: arrivals per unit of time.
    pub arrival_rate: f64,
    /// W: the time from arrival to departure, averaged over the requests that arrived.
    pub latency: f64,
}

impl Measured {
    /// Measures pairs of arrival and departure from the time `from` to the time `to`. O(n log n).
    ///
    /// The number in flight is what a gauge would show: it goes up by one at each arrival and down by one
    /// at each departure, whoever departs. When nothing is in flight at either end, L = λ W exactly;
    /// otherwise those in flight at the ends are counted in parts, and the difference falls as the time
    /// gets longer.
    ///
    /// # Panics
    ///
    /// When `to` is not after `from`.
    ///
    /// # Examples
    ///
    /// ```
    /// use lessons::scalability::little;
    ///
    /// let measured = little::Measured::of(&[(0.0, 2.0), (1.0, 2.0), (3.0, 4.0)], 0.0, 4.0);
    /// assert_eq!((measured.in_flight, measured.arrival_rate), (1.0, 0.75));
    /// assert!(measured.discrepancy().abs() < 1e-12);
    /// ```
    pub fn of(requests: &[(f64, f64)], from: f64, to: f64) -> Self {
        assert!(to > from, "the measured time must end after it begins, not at {to} after {from}");
        let mut events: Vec<(f64, f64)> =
            requests.iter().flat_map(|&(arrival, departure)| [(arrival, 1.0), (departure, -1.0)]).collect();
        events.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let (mut gauge, mut area, mut since) = (0.0, 0.0, from);
        for (time, change) in events {
            let time = time.clamp(from, to);
            area += gauge * (time - since);
            gauge += change;
            since = time;
        }
        area += gauge * (to - since);
        let arrived = || requests.iter().filter(|(arrival, _)| (from..to).contains(arrival));
        let count = arrived().count() as f64;
        Self {
            in_flight: area / (to - from),
            arrival_rate: count / (to - from),
            latency: arrived().map(|(arrival, departure)| departure - arrival).sum::<f64>() / count,
        }
    }

    /// See [`discrepancy`].
    pub fn discrepancy(&self) -> f64 {
        discrepancy(self.arrival_rate, self.latency, self.in_flight)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scalability::{MMc, QueueSimulation};

    #[test]
    fn a_simulated_line_obeys_it() {
        let run = QueueSimulation::poisson(9.0, 1.0, 10).run(200_000, 1);
        let requests: Vec<(f64, f64)> = run.jobs.iter().map(|job| (job.arrival, job.departure)).collect();
        let end = requests.iter().map(|request| request.1).fold(0.0, f64::max);
        let whole = Measured::of(&requests, 0.0, end);
        assert!(whole.discrepancy().abs() < 1e-9, "{whole:?}");
        // A window in the middle: off by what is in flight at its ends.
        let window = Measured::of(&requests, 5_000.0, 15_000.0);
        assert!(window.discrepancy().abs() < 0.01, "{window:?}");
        let theory = MMc::new(9.0, 1.0, 10).expect("stable").mean_in_system();
        assert!((whole.in_flight / theory - 1.0).abs() < 0.05, "{whole:?} {theory}");
    }

    proptest! {
        #[test]
        fn it_holds_for_any_requests(requests in prop::collection::vec((0.0..100.0f64, 0.001..50.0f64), 1..60)) {
            let requests: Vec<(f64, f64)> = requests.iter().map(|&(arrival, time)| (arrival, arrival + time)).collect();
            let measured = Measured::of(&requests, 0.0, 200.0);
            prop_assert!(measured.discrepancy().abs() < 1e-9, "{measured:?}");
        }
    }
}
