use check::net::rto::*;
use std::time::Duration;

struct Timer {
    /// Smoothed round trip (SRTT) and its variation (RTTVAR), once there is a sample.
    measured: Option<(Duration, Duration)>,
    rto: Duration,
}

const LEAST: Duration = Duration::from_secs(1);
const MOST: Duration = Duration::from_secs(60);

impl RtoExercise for Timer {
    fn new() -> Self {
        Timer { measured: None, rto: LEAST }
    }

    fn on_sample(&mut self, round_trip: Duration, retransmitted: bool) {
        if retransmitted {
            return; // Karn's rule: nobody knows which of the two was answered.
        }
        let (mean, variation) = match self.measured {
            None => (round_trip, round_trip / 2),
            Some((mean, variation)) => {
                let off = mean.abs_diff(round_trip);
                (mean * 7 / 8 + round_trip / 8, variation * 3 / 4 + off / 4)
            }
        };
        self.measured = Some((mean, variation));
        self.rto = (mean + variation * 4).clamp(LEAST, MOST);
    }

    fn on_timeout(&mut self) {
        self.rto = (self.rto * 2).min(MOST);
    }

    fn rto(&self) -> Duration {
        self.rto
    }
}
