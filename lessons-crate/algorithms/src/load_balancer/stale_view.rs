//! What old information does.

use super::{Balancer, Request, SEED};
use crate::rng::Rng;

/// The least loaded of some backends drawn at random, by counts that are only refreshed now and then.
///
/// Between two refreshes every request sees the same old counts. With all backends to choose from, all
/// requests of the period run to the one that was the shortest queue, which is then the longest: the herd.
/// With two choices the herd is spread over many. A pick costs O(choices).
///
/// # Sources
///
/// M. Mitzenmacher, "How Useful Is Old Information?", IEEE TPDS 11(1), 2000, doi:10.1109/71.824633 (the
/// model with a bulletin board).
#[derive(Clone, Debug)]
pub struct StaleView {
    in_flight: Vec<u32>,
    seen: Vec<u32>,
    /// The backends in an order that the draws change.
    deck: Vec<usize>,
    choices: usize,
    period: f64,
    next_refresh: f64,
    rng: Rng,
}

impl StaleView {
    /// Over this many backends, of which each pick compares `choices`; the counts are refreshed every
    /// `period` mean service times, and at each request when `period` is 0.
    ///
    /// # Panics
    ///
    /// When `choices` is 0 or more than there are backends.
    pub fn new(backends: usize, choices: usize, period: f64) -> Self {
        assert!((1..=backends).contains(&choices), "choices must be from 1 to the number of backends");
        Self {
            in_flight: vec![0; backends],
            seen: vec![0; backends],
            deck: (0..backends).collect(),
            choices,
            period,
            next_refresh: 0.0,
            rng: Rng::new(SEED),
        }
    }

    /// The same policy with draws of its own.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.rng = Rng::new(seed);
        self
    }
}

impl Balancer for StaleView {
    fn name(&self) -> &'static str {
        match self.choices {
            1 => "random",
            2 => "two choices, stale",
            _ => "least loaded, stale",
        }
    }

    fn pick(&mut self, request: &Request) -> usize {
        if request.time >= self.next_refresh {
            self.seen.copy_from_slice(&self.in_flight);
            if self.period > 0.0 {
                self.next_refresh = (request.time / self.period).floor() * self.period + self.period;
            }
        }
        let mut best = usize::MAX;
        for drawn in 0..self.choices {
            let other = drawn + self.rng.index(self.deck.len() - drawn);
            self.deck.swap(drawn, other);
            let backend = self.deck[drawn];
            if best == usize::MAX || self.seen[backend] < self.seen[best] {
                best = backend;
            }
        }
        best
    }

    fn started(&mut self, backend: usize) {
        self.in_flight[backend] += 1;
    }

    fn finished(&mut self, backend: usize, _: f64, _: bool) {
        self.in_flight[backend] -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_sees_the_counts_of_its_start() {
        let mut balancer = StaleView::new(3, 3, 10.0);
        let at = |time| Request { time, ..Request::default() };
        balancer.pick(&at(0.0));
        balancer.started(0);
        balancer.started(1);
        // Still the counts of time 0: all are equal.
        let picked: Vec<usize> = (0..100).map(|_| balancer.pick(&at(9.0))).collect();
        assert!(picked.contains(&0) && picked.contains(&1) && picked.contains(&2));
        assert!((0..100).all(|_| balancer.pick(&at(10.0)) == 2));
        // The herd: now backend 2 is the longest, and still gets everything.
        (0..5).for_each(|_| balancer.started(2));
        assert!((0..100).all(|_| balancer.pick(&at(19.0)) == 2));
        assert!((0..100).all(|_| balancer.pick(&at(20.0)) != 2));
    }
}
