//! Latency times queue, at two backends.

use super::two_choices::two_different;
use super::{Balancer, InFlight, Request, SEED};
use crate::rng::Rng;

/// Draws two different backends and picks the one where the next request costs less: the recent latency,
/// times the requests in flight there with this one.
///
/// The latency is a moving average that jumps up to a peak at once and comes down slowly, by half in about
/// 0.7 decay times. So one slow answer is enough to turn a balancer away from a backend that became slow.
///
/// A backend with nothing in flight and no latency yet costs nothing: new backends are tried first. O(1).
///
/// # Sources
///
/// Twitter, Finagle, "Aperture Load Balancers" and `PeakEwma.scala`; tower, `tower::load::PeakEwma`
/// (docs.rs/tower), after which the decay is written.
#[derive(Clone, Debug)]
pub struct PeakEwma {
    in_flight: InFlight,
    latency: Vec<Latency>,
    decay: f64,
    error_penalty: f64,
    /// The time of the last request seen: the balancer's clock.
    now: f64,
    rng: Rng,
}

/// The moving average of one backend, as it was at `updated`.
#[derive(Clone, Copy, Debug, Default)]
struct Latency {
    average: f64,
    updated: f64,
}

impl PeakEwma {
    /// The time in which the memory of a latency fades to 1/e, in mean service times.
    pub const DECAY: f64 = 30.0;

    /// Over this many backends, all idle and none known, with the decay time [`PeakEwma::DECAY`].
    ///
    /// # Panics
    ///
    /// When there is no backend.
    pub fn new(backends: usize) -> Self {
        Self {
            in_flight: InFlight::new(backends),
            latency: vec![Latency::default(); backends],
            decay: Self::DECAY,
            error_penalty: 0.0,
            now: 0.0,
            rng: Rng::new(SEED),
        }
    }

    /// The same policy with another decay time, in mean service times.
    #[must_use]
    pub fn with_decay(mut self, decay: f64) -> Self {
        self.decay = decay;
        self
    }

    /// The same policy, which takes an error for an answer that took at least so many mean service times.
    ///
    /// Without it, a backend that fails at once looks like the fastest of all, and gets the most requests.
    #[must_use]
    pub fn with_error_penalty(mut self, latency: f64) -> Self {
        self.error_penalty = latency;
        self
    }

    /// The same policy with draws of its own.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.rng = Rng::new(seed);
        self
    }

    /// Time without news makes a backend look better, until it is tried again.
    fn cost(&self, backend: usize) -> f64 {
        if !self.in_flight.up[backend] {
            return f64::INFINITY;
        }
        let Latency { average, updated } = self.latency[backend];
        let faded = average * (-(self.now - updated) / self.decay).exp();
        faded * f64::from(self.in_flight.counts[backend] + 1)
    }
}

impl Balancer for PeakEwma {
    fn name(&self) -> &'static str {
        "peak EWMA"
    }

    fn pick(&mut self, request: &Request) -> usize {
        self.now = self.now.max(request.time);
        let (first, second) = two_different(&mut self.rng, self.in_flight.len());
        if self.cost(second) < self.cost(first) { second } else { first }
    }

    fn started(&mut self, backend: usize) {
        self.in_flight.started(backend);
    }

    fn finished(&mut self, backend: usize, latency: f64, ok: bool) {
        self.in_flight.finished(backend);
        let latency = if ok { latency } else { latency.max(self.error_penalty) };
        let entry = &mut self.latency[backend];
        let keep = (-(self.now - entry.updated) / self.decay).exp();
        let faded = keep * entry.average + (1.0 - keep) * latency;
        *entry = Latency { average: faded.max(latency), updated: self.now };
    }

    fn set_up(&mut self, backend: usize, up: bool) {
        self.in_flight.up[backend] = up;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_answer_turns_the_balancer_away() {
        let mut balancer = PeakEwma::new(2);
        for backend in [0, 1] {
            balancer.started(backend);
            balancer.finished(backend, if backend == 0 { 50.0 } else { 1.0 }, true);
        }
        let request = Request::default();
        assert!((0..100).all(|_| balancer.pick(&request) == 1));
        // Long after, the memory has faded to the cost of the other one with a few requests in flight.
        balancer.started(1);
        balancer.started(1);
        assert_eq!(balancer.pick(&Request { time: 5.0, ..request }), 1);
    }

    #[test]
    fn the_average_fades_by_the_decay_time() {
        let mut balancer = PeakEwma::new(2);
        balancer.started(0);
        balancer.finished(0, 8.0, true);
        balancer.pick(&Request { time: PeakEwma::DECAY, ..Request::default() });
        assert!((balancer.cost(0) - 8.0 / std::f64::consts::E).abs() < 1e-12);
        balancer.started(0);
        balancer.finished(0, 1.0, true);
        let expected = 8.0 / std::f64::consts::E + (1.0 - 1.0 / std::f64::consts::E);
        assert!((balancer.cost(0) - expected).abs() < 1e-12);
    }
}
