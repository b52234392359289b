//! To a backend that said it is idle.

use super::{Balancer, Request, SEED};
use crate::rng::Rng;

/// The backend that has been idle for the shortest time; one at random when none is idle.
///
/// Backends report when they become idle, so nothing is asked when a request comes. O(1).
///
/// # Sources
///
/// Y. Lu et al., "Join-Idle-Queue: A Novel Load Balancing Algorithm for Dynamically Scalable Web
/// Services", Performance Evaluation 68(11), 2011, doi:10.1016/j.peva.2011.07.015.
#[derive(Clone, Debug)]
pub struct JoinIdleQueue {
    in_flight: Vec<u32>,
    idle: Vec<usize>,
    rng: Rng,
}

impl JoinIdleQueue {
    /// Over this many backends, all idle.
    ///
    /// # Panics
    ///
    /// When there is no backend.
    pub fn new(backends: usize) -> Self {
        assert!(backends > 0, "a balancer needs at least one backend");
        Self { in_flight: vec![0; backends], idle: (0..backends).rev().collect(), rng: Rng::new(SEED) }
    }

    /// The same policy with draws of its own.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.rng = Rng::new(seed);
        self
    }
}

impl Balancer for JoinIdleQueue {
    fn name(&self) -> &'static str {
        "join idle queue"
    }

    fn pick(&mut self, _: &Request) -> usize {
        // A backend that got a request in another way since it reported is not idle any more.
        while let Some(backend) = self.idle.pop() {
            if self.in_flight[backend] == 0 {
                return backend;
            }
        }
        self.rng.index(self.in_flight.len())
    }

    fn started(&mut self, backend: usize) {
        self.in_flight[backend] += 1;
    }

    fn finished(&mut self, backend: usize, _: f64, _: bool) {
        self.in_flight[backend] -= 1;
        if self.in_flight[backend] == 0 {
            self.idle.push(backend);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load_balancer::picks;

    #[test]
    fn idle_backends_come_first() {
        let mut balancer = JoinIdleQueue::new(3);
        assert_eq!(picks(&mut balancer, 3), [0, 1, 2]);
        balancer.finished(1, 1.0, true);
        assert_eq!(picks(&mut balancer, 1), [1]);
        assert!(picks(&mut balancer, 100).contains(&2));
    }
}
