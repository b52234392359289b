//! Load balancing: which backend should get the next request?
//!
//! | policy | looks at | choose it when |
//! |---|---|---|
//! | [`RoundRobin`] | nothing, in turn | requests cost the same and backends are equal |
//! | [`SmoothWeightedRoundRobin`] | weights | backends differ, and you know by how much |
//! | [`EarliestDeadline`] | weights | the same, with very many backends |
//! | [`Random`], [`WeightedRandom`] | nothing, or weights | there are many balancers, which share no state |
//! | [`LeastConnections`] | requests in flight, everywhere | one balancer sees all the traffic |
//! | [`PowerOfTwoChoices`] | requests in flight, at two | the same, with little or late information |
//! | [`PeakEwma`] | latency and requests in flight, at two | a backend may become slow at any time |
//! | [`JoinIdleQueue`] | which backends are idle | asking at every request is too slow |
//! | [`StaleView`] | requests in flight, some time ago | never: it shows what old information does |
//! | [`IpHash`] | the client's address | a client must stay at its backend |
//! | [`Maglev`] | the request's key | the same, also when backends come and go |
//!
//! A pick costs O(1) at `n` backends, with the exceptions that a policy names. [`subset`] says
//! which backends a client should know when there are many of both. The policies know only what
//! a balancer can know: what it sent where, and what came back. [`crate::simulation`] runs them.

mod earliest_deadline;
mod hash_based;
mod join_idle_queue;
mod least_connections;
mod peak_ewma;
mod random;
mod round_robin;
mod smooth_weighted_round_robin;
mod stale_view;
mod subset;
mod two_choices;

use std::net::Ipv4Addr;

pub use earliest_deadline::EarliestDeadline;
pub use hash_based::{IpHash, Maglev};
pub use join_idle_queue::JoinIdleQueue;
pub use least_connections::LeastConnections;
pub use peak_ewma::PeakEwma;
pub use random::{Random, WeightedRandom};
pub use round_robin::RoundRobin;
pub use smooth_weighted_round_robin::SmoothWeightedRoundRobin;
pub use stale_view::StaleView;
pub use subset::{random_subset, subset};
pub use two_choices::PowerOfTwoChoices;

/// The seed of the policies that draw at random, unless another one is given.
const SEED: u64 = 3;

/// What a balancer sees of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// When it came, in mean service times since the start.
    pub time: f64,
    /// Whom it came from.
    pub client: Ipv4Addr,
    /// What it asks for, or whose session it is in: hash-based policies send equal keys to one backend.
    pub key: u64,
}

impl Request {
    /// A request of this client at time 0, whose key is the client's address.
    pub fn from(client: impl Into<Ipv4Addr>) -> Self {
        let client = client.into();
        Self { time: 0.0, client, key: u64::from(client.to_bits()) }
    }
}

impl Default for Request {
    /// A request of which only the coming is known.
    fn default() -> Self {
        Self::from(Ipv4Addr::LOCALHOST)
    }
}

/// A policy: chooses a backend, from 0 up to, not including, their number, for each request.
///
/// For each request the caller calls [`pick`](Balancer::pick), then [`started`](Balancer::started) with the
/// backend that got it (health checks may have changed the choice), and, when the answer is there,
/// [`finished`](Balancer::finished).
pub trait Balancer {
    /// The name of the policy, for plots and tables.
    fn name(&self) -> &'static str;

    /// The backend that should get this request.
    fn pick(&mut self, request: &Request) -> usize;

    /// The backend got a request.
    fn started(&mut self, backend: usize) {
        let _ = backend;
    }

    /// The backend answered after `latency` mean service times; `ok` is false when the answer is an error.
    fn finished(&mut self, backend: usize, latency: f64, ok: bool) {
        let _ = (backend, latency, ok);
    }

    /// A health check changed its mind. A policy may ignore this: the caller sends what it picks for a
    /// backend that is down to another one.
    fn set_up(&mut self, backend: usize, up: bool) {
        let _ = (backend, up);
    }
}

/// The first `count` picks, all for the same kind of request, none of which ever ends.
///
/// # Examples
///
/// ```
/// use lessons::load_balancer::{RoundRobin, picks};
///
/// assert_eq!(picks(&mut RoundRobin::new(3), 5), [0, 1, 2, 0, 1]);
/// ```
pub fn picks(balancer: &mut dyn Balancer, count: usize) -> Vec<usize> {
    let picked = (0..count).map(|_| {
        crate::interrupt::checkpoint();
        let backend = balancer.pick(&Request::default());
        balancer.started(backend);
        backend
    });
    picked.collect()
}

/// How often each of `backends` is picked, by [`picks`].
pub fn pick_counts(balancer: &mut dyn Balancer, backends: usize, count: usize) -> Vec<u64> {
    let mut counts = vec![0; backends];
    for backend in picks(balancer, count) {
        counts[backend] += 1;
    }
    counts
}

/// Requests in flight at each backend, as one balancer knows them, and which backends are up.
#[derive(Clone, Debug)]
struct InFlight {
    counts: Vec<u32>,
    up: Vec<bool>,
}

impl InFlight {
    fn new(backends: usize) -> Self {
        assert!(backends > 0, "a balancer needs at least one backend");
        Self { counts: vec![0; backends], up: vec![true; backends] }
    }

    fn len(&self) -> usize {
        self.counts.len()
    }

    /// What a comparison sees: a backend that is down loses against every one that is up.
    #[inline]
    fn load(&self, backend: usize) -> u32 {
        if self.up[backend] { self.counts[backend] } else { u32::MAX }
    }

    fn started(&mut self, backend: usize) {
        self.counts[backend] += 1;
    }

    fn finished(&mut self, backend: usize) {
        self.counts[backend] -= 1;
    }
}
