//! Weighted round robin with a heap.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Balancer, Request};

/// Weighted round robin by earliest deadline first, as Envoy does it.
///
/// A backend of weight `w` is due every 1/w. The one whose time is first is picked (the lowest index when
/// equal) and is next due 1/w later. The shares are those of
/// [`SmoothWeightedRoundRobin`](super::SmoothWeightedRoundRobin), with other places in the cycle; a pick
/// costs O(log n) from the first one on, and weights may be of any size.
///
/// # Sources
///
/// Envoy documentation, "Supported load balancers", weighted round robin; `edf_scheduler.h`.
#[derive(Clone, Debug)]
pub struct EarliestDeadline {
    /// The backends of some weight, by the time when they are due.
    due: BinaryHeap<Reverse<Due>>,
}

/// A backend is due at `turn / weight`: kept as a fraction, so that equal times are equal.
#[derive(Clone, Copy, Debug)]
struct Due {
    turn: u64,
    weight: u32,
    backend: usize,
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let this = u128::from(self.turn) * u128::from(other.weight);
        let that = u128::from(other.turn) * u128::from(self.weight);
        this.cmp(&that).then(self.backend.cmp(&other.backend))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Due {}

impl EarliestDeadline {
    /// Over one backend per weight; a backend of weight 0 is never picked.
    ///
    /// # Panics
    ///
    /// When no weight is above 0.
    pub fn new(weights: &[u32]) -> Self {
        assert!(weights.iter().any(|&weight| weight > 0), "a weighted balancer needs a weight above 0");
        let first = |(backend, &weight): (usize, &u32)| {
            (weight > 0).then_some(Reverse(Due { turn: 1, weight, backend }))
        };
        Self { due: weights.iter().enumerate().filter_map(first).collect() }
    }
}

impl Balancer for EarliestDeadline {
    fn name(&self) -> &'static str {
        "earliest deadline first"
    }

    fn pick(&mut self, _: &Request) -> usize {
        let mut next = self.due.peek_mut().expect("new() made sure of a weight above 0");
        next.0.turn += 1;
        next.0.backend
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::load_balancer::pick_counts;

    proptest! {
        #[test]
        fn a_cycle_has_exact_shares(weights in prop::collection::vec(0u32..9, 1..7), cycles in 1usize..4) {
            let total: u32 = weights.iter().sum();
            prop_assume!(total > 0);
            let counts =
                pick_counts(&mut EarliestDeadline::new(&weights), weights.len(), cycles * total as usize);
            for (&weight, count) in weights.iter().zip(counts) {
                prop_assert_eq!(count, u64::from(weight) * cycles as u64);
            }
        }
    }

    #[test]
    fn the_heavy_backend_does_not_come_in_one_burst() {
        let picked = crate::load_balancer::picks(&mut EarliestDeadline::new(&[4, 2, 2]), 8);
        assert_eq!(picked, [0, 0, 1, 2, 0, 0, 1, 2]);
    }
}
