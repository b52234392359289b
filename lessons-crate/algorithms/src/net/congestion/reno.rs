//! Reno: add one, halve.

use std::time::Duration;

use super::{Congestion, INITIAL_WINDOW, slow_start};

/// Slow start, then one segment more for each round trip; half after a loss; one segment after a timeout.
///
/// # Complexity
///
/// Two numbers, O(1) for each acknowledgment.
///
/// # Examples
///
/// ```
/// use lessons::net::{Congestion, Reno};
/// use std::time::Duration;
///
/// let (mut reno, round_trip) = (Reno::new(), Duration::from_millis(50));
/// reno.acknowledged(10.0, round_trip, round_trip);
/// assert_eq!(reno.window(), 20.0); // Slow start doubles in a round trip.
/// reno.lost(round_trip);
/// assert_eq!(reno.window(), 10.0);
/// reno.acknowledged(10.0, 2 * round_trip, round_trip);
/// assert_eq!(reno.window(), 11.0);
/// ```
///
/// # Sources
///
/// M. Allman, V. Paxson and E. Blanton, "TCP Congestion Control", RFC 5681, 2009. V. Jacobson, "Congestion Avoidance
/// and Control", SIGCOMM 1988, doi:10.1145/52324.52356. J. Chu et al., RFC 6928 (initial window), 2013.
#[derive(Clone, Debug)]
pub struct Reno {
    window: f64,
    threshold: f64,
}

impl Default for Reno {
    fn default() -> Self {
        Self::new()
    }
}

impl Reno {
    /// With the initial window of ten segments.
    pub fn new() -> Self {
        Self::with_initial_window(INITIAL_WINDOW)
    }

    /// With another initial window, in segments.
    pub fn with_initial_window(segments: f64) -> Self {
        Self { window: segments.max(1.0), threshold: f64::INFINITY }
    }

    /// With this window and past slow start: what a long transfer looks like.
    pub fn in_avoidance(window: f64) -> Self {
        Self { window, threshold: window }
    }
}

impl Congestion for Reno {
    fn name(&self) -> &'static str {
        "Reno"
    }

    fn window(&self) -> f64 {
        self.window
    }

    fn acknowledged(&mut self, segments: f64, _: Duration, _: Duration) {
        let (window, rest) = slow_start(self.window, self.threshold, segments);
        self.window = window + rest / window;
    }

    fn lost(&mut self, _: Duration) {
        // RFC 5681 halves what is in flight; a sender that always has data has a window of it.
        self.threshold = (self.window / 2.0).max(2.0);
        self.window = self.threshold;
    }

    fn timed_out(&mut self, _: Duration) {
        self.threshold = (self.window / 2.0).max(2.0);
        self.window = 1.0;
    }

    fn boxed(&self) -> Box<dyn Congestion> {
        Box::new(self.clone())
    }
}
