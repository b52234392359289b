//! A cluster on paper: requests arrive, a [`Balancer`] picks a backend, queues form.
//!
//! Arrivals are a Poisson process. Each backend serves one request at a time, in order of arrival, at its
//! own speed. The unit of time is the mean service time at speed 1, so a mean latency of 1 is a cluster
//! without waiting. A run follows from its seed alone, and all policies see the same requests.
//!
//! | function | experiment |
//! |---|---|
//! | [`Simulation::run`], [`compare`] | policies on equal or unequal backends, with any service times |
//! | [`Simulation::failure`], [`Simulation::health_check`] | a backend dies, and a check may notice |
//! | [`max_load`] | balls into bins, with `d` choices |
//! | [`DnsRotation`] | resolvers that keep the answer of a rotating name |
//! | [`theory`] | what queueing theory says |
//!
//! # Sources
//!
//! M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE TPDS 12(10), 2001,
//! doi:10.1109/71.963420, for the model and the formula of the tests.

mod balls_into_bins;
mod dns;
mod events;
mod health;
mod result;
#[cfg(test)]
mod tests;
pub mod theory;

use std::fmt;
use std::sync::Arc;

pub use balls_into_bins::{max_load, max_load_of};
pub use dns::DnsRotation;
pub use health::{Failure, HealthCheck};
pub use result::{SimulationResult, comparison};

use crate::dist::{Distribution, Exponential};
use crate::load_balancer::Balancer;
use crate::table::Table;

/// A cluster and its traffic: change what the experiment is about, then [`run`](Simulation::run) policies.
///
/// # Examples
///
/// ```
/// use lessons::load_balancer::PowerOfTwoChoices;
/// use lessons::simulation::Simulation;
///
/// let result = Simulation::new(10, 0.9).requests(100_000).run(&mut PowerOfTwoChoices::new(10));
/// assert!(result.mean > 2.0 && result.mean < 4.0);
/// ```
#[derive(Clone)]
pub struct Simulation {
    speeds: Vec<f64>,
    utilization: f64,
    service: Arc<dyn Distribution + Send + Sync>,
    requests: usize,
    clients: u64,
    seed: u64,
    failure: Option<Failure>,
    health_check: HealthCheck,
}

impl fmt::Debug for Simulation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulation")
            .field("speeds", &self.speeds)
            .field("utilization", &self.utilization)
            .field("mean_service", &self.service.mean())
            .field("requests", &self.requests)
            .field("clients", &self.clients)
            .field("seed", &self.seed)
            .field("failure", &self.failure)
            .field("health_check", &self.health_check)
            .finish()
    }
}

impl Simulation {
    /// So many backends of speed 1 at this utilization: the arriving work as a share of what all backends
    /// together can do, from 0 up to, not including, 1.
    ///
    /// Service times are exponential, 500,000 requests come from 10,000 clients, and nothing fails.
    ///
    /// # Panics
    ///
    /// When there is no backend, or the utilization is not above 0.
    pub fn new(backends: usize, utilization: f64) -> Self {
        assert!(backends > 0, "a cluster needs at least one backend");
        assert!(utilization > 0.0, "the utilization must be above 0, not {utilization}");
        Self {
            speeds: vec![1.0; backends],
            utilization,
            service: Arc::new(Exponential(1.0)),
            requests: 500_000,
            clients: 10_000,
            seed: 35,
            failure: None,
            health_check: HealthCheck::None,
        }
    }

    /// One backend per speed: a backend of speed 0.2 takes five times as long.
    ///
    /// # Panics
    ///
    /// When there is no speed, or one is not above 0.
    #[must_use]
    pub fn speeds(mut self, speeds: &[f64]) -> Self {
        assert!(!speeds.is_empty() && speeds.iter().all(|&s| s > 0.0), "speeds must be above 0");
        self.speeds = speeds.to_vec();
        self
    }

    /// How long requests take at speed 1. The mean becomes the unit of time, so only the shape matters.
    #[must_use]
    pub fn service(mut self, service: impl Distribution + Send + Sync + 'static) -> Self {
        self.service = Arc::new(service);
        self
    }

    /// How many requests arrive. The first tenth warms the queues up and is not measured.
    #[must_use]
    pub fn requests(mut self, requests: usize) -> Self {
        self.requests = requests;
        self
    }

    /// From how many clients the requests come, each equally likely; a client's address and key stay.
    ///
    /// # Panics
    ///
    /// When there is no client.
    #[must_use]
    pub fn clients(mut self, clients: u64) -> Self {
        assert!(clients > 0, "requests need at least one client");
        self.clients = clients;
        self
    }

    /// Another seed gives other requests.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// A backend fails during the run.
    #[must_use]
    pub fn failure(mut self, failure: Failure) -> Self {
        self.failure = Some(failure);
        self
    }

    /// How failed backends are found.
    #[must_use]
    pub fn health_check(mut self, health_check: HealthCheck) -> Self {
        self.health_check = health_check;
        self
    }

    /// The arrivals per unit of time.
    pub fn arrival_rate(&self) -> f64 {
        self.utilization * self.speeds.iter().sum::<f64>()
    }

    /// Sends the requests through a policy. About 0.3 µs per request, and 8 bytes to remember its latency.
    ///
    /// # Panics
    ///
    /// When the policy picks a backend that does not exist, or one that does not exist should fail.
    pub fn run(&self, balancer: &mut dyn Balancer) -> SimulationResult {
        events::run(self, balancer)
    }

    /// Sends the same requests through each policy.
    pub fn run_all(&self, balancers: Vec<Box<dyn Balancer>>) -> Vec<SimulationResult> {
        balancers.into_iter().map(|mut balancer| self.run(balancer.as_mut())).collect()
    }
}

/// Runs the policies on the same requests, and puts their latencies side by side.
pub fn compare(simulation: &Simulation, balancers: Vec<Box<dyn Balancer>>) -> Table {
    comparison(&simulation.run_all(balancers))
}
