use check::net::rto::*;
use std::time::Duration;

struct Timer {
    /// Smoothed round trip (SRTT) and its variation (RTTVAR), once there is a sample.
    measured: Option<(Duration, Duration)>,
    rto: Duration,
}

impl RtoExercise for Timer {
    fn new() -> Self {
        Timer { measured: None, rto: Duration::from_secs(1) }
    }

    fn on_sample(&mut self, round_trip: Duration, retransmitted: bool) {
        // TODO: which samples count, what they change, and the limits of the timeout.
        self.rto = round_trip;
    }

    fn on_timeout(&mut self) {
        // TODO
    }

    fn rto(&self) -> Duration {
        self.rto
    }
}
