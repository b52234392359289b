//! Without looking.

use super::{Balancer, Request, SEED};
use crate::dist::Weighted;
use crate::rng::Rng;

/// Each backend with equal probability.
///
/// Needs no state, so any number of balancers do it side by side without getting in step. With Poisson
/// arrivals every backend becomes an M/M/1 queue: slower than [`RoundRobin`](super::RoundRobin), which
/// makes the arrivals at each backend more regular.
#[derive(Clone, Debug)]
pub struct Random {
    backends: usize,
    rng: Rng,
}

impl Random {
    /// Over this many backends.
    ///
    /// # Panics
    ///
    /// When there is no backend.
    pub fn new(backends: usize) -> Self {
        assert!(backends > 0, "a balancer needs at least one backend");
        Self { backends, rng: Rng::new(SEED) }
    }

    /// The same policy with draws of its own.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.rng = Rng::new(seed);
        self
    }
}

impl Balancer for Random {
    fn name(&self) -> &'static str {
        "random"
    }

    #[inline]
    fn pick(&mut self, _: &Request) -> usize {
        self.rng.index(self.backends)
    }
}

/// Each backend with a probability in proportion to its weight.
///
/// A pick costs O(1) with the alias method, whatever the weights are.
#[derive(Clone, Debug)]
pub struct WeightedRandom {
    weighted: Weighted,
    rng: Rng,
}

impl WeightedRandom {
    /// Over one backend per weight; a backend of weight 0 is never picked.
    ///
    /// # Panics
    ///
    /// When no weight is above 0.
    pub fn new(weights: &[u32]) -> Self {
        let weights: Vec<f64> = weights.iter().map(|&weight| f64::from(weight)).collect();
        Self { weighted: Weighted::new(&weights), rng: Rng::new(SEED) }
    }

    /// The same policy with draws of its own.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.rng = Rng::new(seed);
        self
    }
}

impl Balancer for WeightedRandom {
    fn name(&self) -> &'static str {
        "weighted random"
    }

    #[inline]
    fn pick(&mut self, _: &Request) -> usize {
        self.weighted.sample(&mut self.rng)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load_balancer::pick_counts;
    use crate::stats::chi_square_p_value;

    #[test]
    fn shares_follow_the_weights() {
        let counts = pick_counts(&mut Random::new(5), 5, 50_000);
        assert!(chi_square_p_value(&counts, &[10_000.0; 5]) > 0.001, "{counts:?}");
        let counts = pick_counts(&mut WeightedRandom::new(&[5, 0, 1, 4]), 4, 50_000);
        assert_eq!(counts[1], 0);
        let without_zero = [counts[0], counts[2], counts[3]];
        assert!(chi_square_p_value(&without_zero, &[25_000.0, 5_000.0, 20_000.0]) > 0.001, "{counts:?}");
    }
}
