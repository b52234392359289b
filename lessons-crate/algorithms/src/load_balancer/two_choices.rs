//! The better of two.

use super::{Balancer, InFlight, Request, SEED};
use crate::rng::Rng;

/// Draws two different backends and picks the one with fewer requests in flight.
///
/// One choice more than [`Random`](super::Random) makes the longest queue exponentially shorter; a third
/// one gains little. O(1), and it does not herd: two balancers with the same old counts draw other pairs.
///
/// # Sources
///
/// M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE TPDS 12(10), 2001,
/// doi:10.1109/71.963420. Y. Azar et al., "Balanced Allocations", SIAM Journal on Computing 29(1), 1999,
/// doi:10.1137/S0097539795288490.
#[derive(Clone, Debug)]
pub struct PowerOfTwoChoices {
    in_flight: InFlight,
    rng: Rng,
}

impl PowerOfTwoChoices {
    /// Over this many backends, all idle.
    ///
    /// # Panics
    ///
    /// When there is no backend.
    pub fn new(backends: usize) -> Self {
        Self { in_flight: InFlight::new(backends), rng: Rng::new(SEED) }
    }

    /// The same policy with draws of its own.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.rng = Rng::new(seed);
        self
    }
}

/// Two different indices, each ordered pair equally likely; twice the same one when there is only one.
#[inline]
pub(super) fn two_different(rng: &mut Rng, len: usize) -> (usize, usize) {
    if len == 1 {
        return (0, 0);
    }
    let first = rng.index(len);
    let second = rng.index(len - 1);
    (first, if second >= first { second + 1 } else { second })
}

impl Balancer for PowerOfTwoChoices {
    fn name(&self) -> &'static str {
        "power of two choices"
    }

    #[inline]
    fn pick(&mut self, _: &Request) -> usize {
        let (first, second) = two_different(&mut self.rng, self.in_flight.len());
        // The order of the two is random, so equals need no further draw.
        if self.in_flight.load(second) < self.in_flight.load(first) { second } else { first }
    }

    fn started(&mut self, backend: usize) {
        self.in_flight.started(backend);
    }

    fn finished(&mut self, backend: usize, _: f64, _: bool) {
        self.in_flight.finished(backend);
    }

    fn set_up(&mut self, backend: usize, up: bool) {
        self.in_flight.up[backend] = up;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_different_and_equally_likely() {
        let mut rng = Rng::new(1);
        let mut counts = [0u64; 16];
        for _ in 0..120_000 {
            let (first, second) = two_different(&mut rng, 4);
            assert_ne!(first, second);
            counts[4 * first + second] += 1;
        }
        let pairs: Vec<u64> = counts.into_iter().filter(|&count| count > 0).collect();
        assert!(crate::stats::chi_square_p_value(&pairs, &[10_000.0; 12]) > 0.001, "{counts:?}");
    }

    #[test]
    fn the_fullest_backend_is_never_picked_and_one_backend_is_enough() {
        let mut balancer = PowerOfTwoChoices::new(3);
        balancer.started(1);
        assert!((0..1_000).all(|_| balancer.pick(&Request::default()) != 1));
        balancer.set_up(0, false);
        balancer.started(2);
        balancer.started(2);
        assert!((0..1_000).all(|_| balancer.pick(&Request::default()) != 0));
        assert_eq!(PowerOfTwoChoices::new(1).pick(&Request::default()), 0);
    }
}
