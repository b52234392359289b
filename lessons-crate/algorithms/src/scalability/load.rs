//! What a load test sees of a server that stalls now and then.
//!
//! In an open test requests come when they come, as from the world outside. In a closed test each user waits
//! for the answer before asking again, so a stall that would have hit hundreds of requests meets one: the test
//! and the server coordinate, and the percentiles leave the stall out.
//!
//! # Sources
//!
//! B. Schroeder, A. Wierman, M. Harchol-Balter, "Open Versus Closed: A Cautionary Tale", NSDI, USENIX, 2006.
//! G. Tene, "How NOT to Measure Latency", Strange Loop, 2015, for the name "coordinated omission" and for the
//! correction.

use crate::interrupt::checkpoint;

/// A server that answers in the time `service`, except that it stands still for the first `stall` of every
/// `every`. What comes meanwhile is answered when the stall is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StallingServer {
    /// The time of an answer, unless the server stalls.
    pub service: f64,
    /// How long a stall is.
    pub stall: f64,
    /// From the start of one stall to that of the next.
    pub every: f64,
}

impl StallingServer {
    /// When a request that comes at this time is answered; the server can do any number at a time.
    fn answered(&self, time: f64) -> f64 {
        let into = time % self.every;
        let start = if into < self.stall { time - into + self.stall } else { time };
        start + self.service
    }

    /// The latencies of requests that come every `interval` from time 0 until `end`, answered or not.
    ///
    /// # Examples
    ///
    /// ```
    /// use lessons::scalability::load::StallingServer;
    /// use lessons::stats::quantile;
    ///
    /// let server = StallingServer { service: 0.010, stall: 1.0, every: 10.0 };
    /// let (open, closed) = (server.open(0.020, 100.0), server.closed(0.010, 100.0));
    /// assert!(quantile(&open, 0.99) > 0.9);
    /// assert!(quantile(&closed, 0.99) < 0.011);
    /// ```
    pub fn open(&self, interval: f64, end: f64) -> Vec<f64> {
        let times = (0..).map(|i| f64::from(i) * interval).take_while(|&time| time < end);
        times.map(|time| self.answered(time) - time).collect()
    }

    /// The latencies that one user sees until `end`, who thinks for the time `think` after each answer.
    pub fn closed(&self, think: f64, end: f64) -> Vec<f64> {
        let mut latencies = Vec::new();
        let mut time = 0.0;
        while time < end {
            checkpoint();
            let answered = self.answered(time);
            latencies.push(answered - time);
            time = answered + think;
        }
        latencies
    }
}

/// Adds the requests that a closed test with one request per `interval` left out: behind a latency of 10
/// intervals there should have been nine more requests, with latencies of 9, 8, ... intervals.
///
/// # Panics
///
/// When `interval` is not above 0.
///
/// # Examples
///
/// ```
/// use lessons::scalability::load::correct_coordinated_omission;
///
/// assert_eq!(correct_coordinated_omission(&[0.5, 4.0], 1.0), [0.5, 4.0, 3.0, 2.0, 1.0]);
/// ```
pub fn correct_coordinated_omission(latencies: &[f64], interval: f64) -> Vec<f64> {
    assert!(interval > 0.0, "requests come at intervals above 0, not {interval}");
    let with_missing = latencies.iter().flat_map(|&latency| {
        (0..)
            .map(move |missed| latency - f64::from(missed) * interval)
            .enumerate()
            .take_while(move |&(missed, shorter)| missed == 0 || shorter >= interval)
            .map(|(_, latency)| latency)
    });
    with_missing.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::quantile;

    const SERVER: StallingServer = StallingServer { service: 0.010, stall: 1.0, every: 10.0 };

    #[test]
    fn a_closed_test_leaves_the_stall_out() {
        // 50 per second for 1,000 s. Of the 500 in ten seconds, 50 fall into the stall, evenly: latencies
        // from 10 ms to 1.01 s, so the slowest percent begins a tenth below the top, at 0.91 s.
        let open = SERVER.open(0.020, 1_000.0);
        assert_eq!(open.len(), 50_000);
        assert!((quantile(&open, 0.99) - 0.92).abs() < 0.011, "{}", quantile(&open, 0.99));
        assert!((quantile(&open, 0.5) - 0.010).abs() < 1e-9);
        let slow = |latencies: &[f64]| latencies.iter().filter(|&&latency| latency > 0.011).count() as f64;
        assert!((slow(&open) / open.len() as f64 - 0.1).abs() < 0.003);
        // A closed user of the same rate meets each stall once.
        let closed = SERVER.closed(0.010, 1_000.0);
        assert!((quantile(&closed, 0.99) - 0.010).abs() < 1e-9);
        assert_eq!(slow(&closed), 100.0);
    }

    #[test]
    fn the_correction_brings_the_stall_back() {
        let corrected = correct_coordinated_omission(&SERVER.closed(0.010, 1_000.0), 0.020);
        let open = SERVER.open(0.020, 1_000.0);
        for q in [0.5, 0.95, 0.99, 0.999] {
            // Within one interval: the closed user does not ask at the same moments.
            assert!((quantile(&corrected, q) - quantile(&open, q)).abs() < 0.021, "{q}");
        }
    }
}
