//! What a load met: answers, errors, latencies.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use algorithms::display::{MimeBundle, Render};
use algorithms::table::{Table, fixed, percent, thousands};
use hdrhistogram::Histogram;

/// One request, as it is remembered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answered {
    /// When it should have been sent, in seconds from the start.
    pub(super) due: f32,
    /// From then to its answer.
    pub(super) latency_ms: f32,
    pub(super) well: bool,
}

/// What a load met.
#[derive(Clone)]
pub struct LoadResult {
    pub(super) latency: Histogram<u64>,
    pub(super) service: Histogram<u64>,
    pub(super) statuses: BTreeMap<u16, u64>,
    pub(super) unanswered: u64,
    pub(super) answered: Vec<Answered>,
    pub(super) elapsed: Duration,
}

impl LoadResult {
    /// How many requests were sent.
    pub fn sent(&self) -> u64 {
        self.latency.len()
    }

    /// How many were answered with a status below 400.
    pub fn succeeded(&self) -> u64 {
        self.statuses.range(..400).map(|(_, count)| count).sum()
    }

    /// How many were refused, broken off, or not answered in time.
    pub fn unanswered(&self) -> u64 {
        self.unanswered
    }

    /// How often each status came.
    pub fn statuses(&self) -> &BTreeMap<u16, u64> {
        &self.statuses
    }

    /// The share that did not succeed.
    pub fn error_rate(&self) -> f64 {
        if self.sent() == 0 { 0.0 } else { 1.0 - self.succeeded() as f64 / self.sent() as f64 }
    }

    /// From the first request's plan to the last answer.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Successful answers per second.
    pub fn throughput(&self) -> f64 {
        self.succeeded() as f64 / self.elapsed.as_secs_f64()
    }

    /// This quantile of the latency (0.99 for the 99th percentile), to three digits. It counts from when
    /// a request should have been sent, and failed requests count too.
    pub fn latency(&self, quantile: f64) -> Duration {
        Duration::from_micros(self.latency.value_at_quantile(quantile))
    }

    /// The mean latency.
    pub fn mean_latency(&self) -> Duration {
        Duration::from_secs_f64(self.latency.mean() / 1e6)
    }

    /// The same quantile counted from when a request was really sent: what a generator reports that forgets
    /// the time requests spent waiting for a connection (coordinated omission).
    pub fn latency_since_sent(&self, quantile: f64) -> Duration {
        Duration::from_micros(self.service.value_at_quantile(quantile))
    }

    /// Quantiles and their latencies in milliseconds, for a plot.
    pub fn quantiles(&self) -> Vec<(f64, f64)> {
        let points = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 1.0];
        points.map(|q| (q, self.latency(q).as_secs_f64() * 1e3)).to_vec()
    }

    /// Several results, one a row.
    pub fn compare<'a>(results: impl IntoIterator<Item = (&'a str, &'a Self)>) -> Table {
        let columns =
            ["", "requests", "per second", "errors", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms"];
        let mut table = Table::new(columns);
        for (name, result) in results {
            let latencies = [0.5, 0.9, 0.99, 0.999, 1.0]
                .map(|quantile| fixed(result.latency(quantile).as_secs_f64() * 1e3, 1));
            let [requests, rate, errors] =
                [thousands(result.sent()), fixed(result.throughput(), 1), percent(result.error_rate(), 1)];
            table.push([name.to_owned(), requests, rate, errors].into_iter().chain(latencies));
        }
        table
    }
}

impl fmt::Display for LoadResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::compare([("load", self)]).fmt(f)
    }
}

impl fmt::Debug for LoadResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Render for LoadResult {
    fn render(&self) -> MimeBundle {
        Self::compare([("load", self)]).render()
    }
}

algorithms::rich_display!(LoadResult);
