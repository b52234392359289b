use check::net::rto::*;
use std::time::Duration;

struct Timer {
    mean: f64,
    variation: f64,
    samples: u32,
    doublings: i32,
}

impl Timer {
    fn base(&self) -> f64 {
        if self.samples == 0 { 1.0 } else { (self.mean + 4.0 * self.variation).max(1.0).min(60.0) }
    }
}

impl RtoExercise for Timer {
    fn new() -> Self {
        Timer { mean: 0.0, variation: 0.0, samples: 0, doublings: 0 }
    }

    fn on_sample(&mut self, round_trip: Duration, retransmitted: bool) {
        if !retransmitted {
            let sample = round_trip.as_secs_f64();
            if self.samples == 0 {
                self.mean = sample;
                self.variation = sample / 2.0;
            } else {
                self.variation = 0.75 * self.variation + 0.25 * (self.mean - sample).abs();
                self.mean = 0.875 * self.mean + 0.125 * sample;
            }
            self.samples += 1;
            self.doublings = 0;
        }
    }

    fn on_timeout(&mut self) {
        self.doublings = (self.doublings + 1).min(10);
    }

    fn rto(&self) -> Duration {
        Duration::from_secs_f64((self.base() * 2f64.powi(self.doublings)).min(60.0))
    }
}
