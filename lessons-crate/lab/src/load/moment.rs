//! A load over time: what a kill or a flush did, and when.

use std::time::Duration;

use algorithms::stats::quantile;

use super::result::{Answered, LoadResult};

/// What became of the requests that were due in a short time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// The middle of that time, in seconds from the start of the load.
    pub second: f64,
    /// Requests that were answered well, per second.
    pub per_second: f64,
    /// Requests that were not, per second.
    pub failed: f64,
    /// The median latency in milliseconds; NaN when no request was due.
    pub p50_ms: f64,
    /// The 99th percentile of the latency in milliseconds; NaN when no request was due.
    pub p99_ms: f64,
}

impl LoadResult {
    /// The load in slices of this width, by the time at which requests were due.
    ///
    /// # Panics
    ///
    /// When the width is 0.
    pub fn moments(&self, width: Duration) -> Vec<Moment> {
        let width = width.as_secs_f64();
        assert!(width > 0.0, "a slice of time has a width");
        let slice = |answered: &Answered| (f64::from(answered.due) / width) as usize;
        let slices = self.answered.iter().map(slice).max().map_or(0, |last| last + 1);
        let mut latencies = vec![Vec::new(); slices];
        let mut well = vec![0u32; slices];
        for answered in &self.answered {
            latencies[slice(answered)].push(f64::from(answered.latency_ms));
            well[slice(answered)] += u32::from(answered.well);
        }
        let moment = |(index, (latencies, well)): (usize, (Vec<f64>, u32))| Moment {
            second: (index as f64 + 0.5) * width,
            per_second: f64::from(well) / width,
            failed: (latencies.len() as f64 - f64::from(well)) / width,
            p50_ms: quantile(&latencies, 0.5),
            p99_ms: quantile(&latencies, 0.99),
        };
        latencies.into_iter().zip(well).enumerate().map(moment).collect()
    }
}
