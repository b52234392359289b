//! A waiting line, simulated.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use crate::dist::{Distribution, Exponential};
use crate::interrupt::checkpoint;
use crate::rng::Rng;
use crate::stats::Summary;

/// A common line in front of equal servers, for any times between arrivals and any service times: G/G/c.
///
/// Served in order of arrival: the first in line gets the first server that is free. A run follows from its
/// seed alone, and runs with different numbers of servers see the same requests.
///
/// # Sources
///
/// J. Kiefer, J. Wolfowitz, "On the Theory of Queues with Many Servers", Transactions of the AMS 78, 1955:
/// the times at which servers become free are all that the next request depends on.
///
/// # Examples
///
/// ```
/// use lessons::scalability::{MMc, QueueSimulation};
///
/// let theory = MMc::new(9.0, 1.0, 10)?.mean_latency();
/// let measured = QueueSimulation::poisson(9.0, 1.0, 10).run(200_000, 35).latency().mean;
/// assert!((measured / theory - 1.0).abs() < 0.05);
/// # Ok::<(), lessons::scalability::QueueError>(())
/// ```
#[derive(Clone)]
pub struct QueueSimulation {
    gap: Arc<dyn Distribution + Send + Sync>,
    service: Arc<dyn Distribution + Send + Sync>,
    servers: usize,
}

impl std::fmt::Debug for QueueSimulation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueueSimulation")
            .field("mean_gap", &self.gap.mean())
            .field("mean_service", &self.service.mean())
            .field("servers", &self.servers)
            .finish()
    }
}

/// What happened to one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Job {
    /// When it came.
    pub arrival: f64,
    /// When a server began with it.
    pub start: f64,
    /// When it was answered.
    pub departure: f64,
}

impl Job {
    /// The time in line.
    pub fn wait(&self) -> f64 {
        self.start - self.arrival
    }

    /// The time from arrival to answer.
    pub fn latency(&self) -> f64 {
        self.departure - self.arrival
    }
}

impl QueueSimulation {
    /// A line with these times between arrivals and these service times.
    ///
    /// # Panics
    ///
    /// When there is no server.
    pub fn new(
        gap: impl Distribution + Send + Sync + 'static,
        service: impl Distribution + Send + Sync + 'static,
        servers: usize,
    ) -> Self {
        assert!(servers > 0, "a line needs at least one server");
        Self { gap: Arc::new(gap), service: Arc::new(service), servers }
    }

    /// M/M/c: Poisson arrivals and exponential service times, at these rates.
    ///
    /// # Panics
    ///
    /// When there is no server.
    pub fn poisson(arrival_rate: f64, service_rate: f64, servers: usize) -> Self {
        Self::new(Exponential(1.0 / arrival_rate), Exponential(1.0 / service_rate), servers)
    }

    /// Sends `requests` through the line, which is empty at first. O(requests · log servers).
    pub fn run(&self, requests: usize, seed: u64) -> QueueRun {
        // Separate generators, so that the n-th request is the same whatever was drawn for others.
        let mut rng = Rng::new(seed);
        let (mut gaps, mut services) = (rng.split(), rng.split());
        let mut free_at: BinaryHeap<Reverse<Time>> = (0..self.servers).map(|_| Reverse(Time(0.0))).collect();
        let mut arrival = 0.0;
        let jobs = (0..requests).map(|_| {
            checkpoint();
            arrival += self.gap.sample(&mut gaps);
            let Some(mut first_free) = free_at.peek_mut() else {
                unreachable!("there is at least one server")
            };
            let start = first_free.0.0.max(arrival);
            let departure = start + self.service.sample(&mut services);
            first_free.0 = Time(departure);
            Job { arrival, start, departure }
        });
        QueueRun { jobs: jobs.collect() }
    }
}

/// The requests of a run, in order of arrival.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueRun {
    /// All of them, also those that came while the line was still short.
    pub jobs: Vec<Job>,
}

impl QueueRun {
    /// Those after the first tenth, in which the line fills up.
    pub fn settled(&self) -> &[Job] {
        &self.jobs[self.jobs.len() / 10..]
    }

    /// The latencies of the settled requests.
    pub fn latency(&self) -> Summary {
        Summary::of(&self.settled().iter().map(Job::latency).collect::<Vec<_>>())
    }

    /// The waits of the settled requests.
    pub fn wait(&self) -> Summary {
        Summary::of(&self.settled().iter().map(Job::wait).collect::<Vec<_>>())
    }

    /// The share of the settled requests that waited at all.
    pub fn wait_probability(&self) -> f64 {
        let jobs = self.settled();
        jobs.iter().filter(|job| job.wait() > 0.0).count() as f64 / jobs.len() as f64
    }
}

/// A finite time, which has an order.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Time(f64);

impl Eq for Time {}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Time {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::{Bimodal, Constant};
    use crate::scalability::{MMc, general_wait};
    use crate::stats::{mean, standard_deviation};

    /// Independent runs of one line.
    fn runs(line: &QueueSimulation) -> Vec<QueueRun> {
        (0..20).map(|seed| line.run(50_000, seed)).collect()
    }

    /// A measurement agrees with theory. Means and quantiles of long runs are about normal; the error of their
    /// mean is itself measured, over 20 runs, so five of them are what Student's distribution asks for where
    /// the normal one asks for four.
    fn assert_mean(runs: &[QueueRun], measure: impl Fn(&QueueRun) -> f64, theory: f64, what: &str) {
        let values: Vec<f64> = runs.iter().map(measure).collect();
        let (measured, error) = (mean(&values), standard_deviation(&values) / (values.len() as f64).sqrt());
        assert!((measured - theory).abs() < 5.0 * error, "{what}: {measured}, not {theory} (error {error})");
        assert!(error < 0.08 * theory, "{what}: {error} is too coarse to see a mistake at {theory}");
    }

    #[test]
    fn the_simulation_is_erlangs() {
        for (utilization, servers) in [(0.5, 1usize), (0.8, 1), (0.9, 10), (0.7, 3), (0.9, 50)] {
            let arrival_rate = utilization * servers as f64;
            let line = MMc::new(arrival_rate, 1.0, servers).expect("stable");
            let runs = runs(&QueueSimulation::poisson(arrival_rate, 1.0, servers));
            assert_mean(&runs, QueueRun::wait_probability, line.wait_probability(), "share that waits");
            assert_mean(&runs, |run| run.wait().mean, line.mean_wait(), "mean wait");
            assert_mean(&runs, |run| run.wait().p99, line.wait_quantile(0.99), "p99 of the wait");
            assert_mean(&runs, |run| run.latency().p99, line.latency_quantile(0.99), "p99 of the latency");
        }
    }

    #[test]
    fn other_service_times_follow_pollaczek_and_khinchin() {
        let bimodal = Bimodal::new(0.5, 50.5, 0.01);
        let variability = 0.99 * 0.25 + 0.01 * 50.5f64.powi(2) - 1.0;
        let runs = runs(&QueueSimulation::new(Exponential(2.0), bimodal, 1));
        let theory = general_wait(0.5, 1.0, 1, 1.0, variability).expect("stable");
        assert_mean(&runs, |run| run.wait().mean, theory, "bimodal");
        // Nothing varies, nothing waits.
        let clockwork = QueueSimulation::new(Constant(1.0), Constant(0.99), 1);
        assert!(clockwork.run(1_000, 1).jobs.iter().all(|job| job.wait() == 0.0));
    }

    #[test]
    fn no_server_works_on_two_requests_or_idles_while_one_waits() {
        let run = QueueSimulation::poisson(4.5, 1.0, 5).run(20_000, 7);
        assert!(run.jobs.windows(2).all(|pair| pair[0].start <= pair[1].start), "first come, first served");
        // A naive look at the moments at which something starts: who else is in service just then?
        for (index, job) in run.jobs.iter().enumerate().step_by(37) {
            let busy = run.jobs[..index].iter().filter(|other| other.departure > job.start).count();
            assert!(busy < 5, "a free server");
            if job.wait() > 0.0 {
                assert_eq!(busy, 4, "the others were busy, or it would have started before");
            }
        }
    }
}
