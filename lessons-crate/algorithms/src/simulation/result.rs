//! What a run has measured.

use std::fmt;

use crate::display::{MimeBundle, Render};
use crate::stats::{mean, quantile_of_sorted};
use crate::table::{Table, fixed, thousands};

/// The latencies of one run, from arrival to answer, in mean service times.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulationResult {
    /// The name of the policy.
    pub policy: &'static str,
    /// The mean latency.
    pub mean: f64,
    /// Half the requests are at least as fast.
    pub p50: f64,
    /// 99 of 100 requests are at least as fast.
    pub p99: f64,
    /// How many requests each backend got, with the warm-up.
    pub counts: Vec<u64>,
    /// How busy each backend would have to be for the requests it got: at 1 or more its queue grows without
    /// limit.
    pub utilizations: Vec<f64>,
    /// How many requests ended with an error, with the warm-up.
    pub errors: u64,
    /// When they did, in mean service times since the start.
    pub error_times: Vec<f64>,
    /// How long requests arrived, in mean service times.
    pub duration: f64,
    /// In increasing order.
    latencies: Vec<f64>,
}

impl SimulationResult {
    pub(super) fn new(
        policy: &'static str,
        mut latencies: Vec<f64>,
        counts: Vec<u64>,
        utilizations: Vec<f64>,
        error_times: Vec<f64>,
        duration: f64,
    ) -> Self {
        latencies.sort_unstable_by(f64::total_cmp);
        Self {
            policy,
            mean: mean(&latencies),
            p50: quantile_of_sorted(&latencies, 0.5),
            p99: quantile_of_sorted(&latencies, 0.99),
            counts,
            utilizations,
            errors: error_times.len() as u64,
            error_times,
            duration,
            latencies,
        }
    }

    /// All measured latencies, in increasing order.
    pub fn latencies(&self) -> &[f64] {
        &self.latencies
    }

    /// The latency that a share `q` of the requests does not exceed.
    ///
    /// # Panics
    ///
    /// When `q` is not from 0 to 1.
    pub fn quantile(&self, q: f64) -> f64 {
        quantile_of_sorted(&self.latencies, q)
    }

    /// For a plot of the tail: latencies with the share of the requests that exceed them, from 1 down to
    /// one in ten thousand.
    pub fn tail(&self) -> Vec<(f64, f64)> {
        let shares = (0..=80).map(|step| 10f64.powf(-f64::from(step) / 20.0));
        shares.map(|share| (self.quantile(1.0 - share), share)).collect()
    }

    /// True when some backend got more than it can do: the longer the run, the higher its latencies.
    pub fn diverges(&self) -> bool {
        self.utilizations.iter().any(|&utilization| utilization >= 1.0)
    }

    /// Errors per unit of time, in steps of `step` mean service times: for a plot over the run.
    pub fn errors_over_time(&self, step: f64) -> Vec<(f64, f64)> {
        let steps = (self.duration / step).ceil() as usize;
        let mut counts = vec![0.0; steps];
        for time in &self.error_times {
            if let Some(count) = counts.get_mut((time / step) as usize) {
                *count += 1.0 / step;
            }
        }
        counts.into_iter().enumerate().map(|(i, count)| (i as f64 * step, count)).collect()
    }
}

/// The results side by side: mean, median, 99th percentile, the busiest backend, errors.
pub fn comparison(results: &[SimulationResult]) -> Table {
    let any_error = results.iter().any(|result| result.errors > 0);
    let mut columns = vec!["policy", "mean", "p50", "p99", "busiest"];
    if any_error {
        columns.push("errors");
    }
    let mut table = Table::new(columns).caption("Latency in mean service times");
    for result in results {
        let busiest = result.utilizations.iter().copied().fold(0.0, f64::max);
        let latency = |value: f64| if result.diverges() { "grows".to_owned() } else { fixed(value, 2) };
        let mut row = vec![
            result.policy.to_owned(),
            latency(result.mean),
            latency(result.p50),
            latency(result.p99),
            fixed(busiest, 2),
        ];
        if any_error {
            row.push(thousands(result.errors));
        }
        table.push(row);
    }
    table
}

impl fmt::Display for SimulationResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        comparison(std::slice::from_ref(self)).fmt(f)
    }
}

impl Render for SimulationResult {
    fn render(&self) -> MimeBundle {
        comparison(std::slice::from_ref(self)).render()
    }
}

crate::rich_display!(SimulationResult);
