//! Weighted round robin without bursts.

use super::{Balancer, Request};

/// A cycle of at most this many picks is remembered.
const CYCLE_MAX: usize = 1 << 20;

/// Round robin in proportion to weights, as nginx does it: weights 5, 1, 1 give `a a b a c a a`.
///
/// Every backend has a running credit. At each pick each backend earns its weight; the one with the most
/// credit is picked (the lowest index when equal) and pays the sum of all weights. So over one cycle, the
/// sum of the weights divided by their greatest common divisor, each backend is picked exactly in
/// proportion, and its picks are spread over the cycle.
///
/// The sequence repeats after one cycle, and is then replayed: a pick costs O(n) in the first cycle and
/// O(1) from then on, for 4 bytes per pick of the cycle. Cycles longer than 2²⁰ picks are not remembered.
///
/// # Sources
///
/// I. Sysoev et al., nginx, `ngx_http_upstream_round_robin.c`, `ngx_http_upstream_get_peer` (since 1.3.1,
/// 2012).
#[derive(Clone, Debug)]
pub struct SmoothWeightedRoundRobin {
    weights: Vec<i64>,
    /// The credit of each backend; the sum is always 0 between picks.
    credits: Vec<i64>,
    total: i64,
    cycle_len: usize,
    cycle: Vec<u32>,
    next: usize,
}

impl SmoothWeightedRoundRobin {
    /// Over one backend per weight; a backend of weight 0 is never picked.
    ///
    /// # Panics
    ///
    /// When no weight is above 0.
    pub fn new(weights: &[u32]) -> Self {
        let divisor = weights.iter().fold(0, |a, &b| greatest_common_divisor(a, b));
        assert!(divisor > 0, "a weighted balancer needs a weight above 0");
        let weights: Vec<i64> = weights.iter().map(|&weight| i64::from(weight / divisor)).collect();
        let total: i64 = weights.iter().sum();
        Self {
            credits: vec![0; weights.len()],
            weights,
            total,
            cycle_len: usize::try_from(total).unwrap_or(usize::MAX),
            cycle: Vec::new(),
            next: 0,
        }
    }

    /// One step of nginx's rule.
    fn step(&mut self) -> usize {
        let mut best = None;
        for (backend, (credit, &weight)) in self.credits.iter_mut().zip(&self.weights).enumerate() {
            *credit += weight;
            if weight > 0 && best.is_none_or(|(_, most)| *credit > most) {
                best = Some((backend, *credit));
            }
        }
        let (backend, _) = best.expect("new() made sure of a weight above 0");
        self.credits[backend] -= self.total;
        backend
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

impl Balancer for SmoothWeightedRoundRobin {
    fn name(&self) -> &'static str {
        "smooth weighted round robin"
    }

    fn pick(&mut self, _: &Request) -> usize {
        if self.cycle_len > CYCLE_MAX {
            return self.step();
        }
        if self.cycle.len() < self.cycle_len {
            let backend = self.step();
            self.cycle.push(backend as u32);
            return backend;
        }
        let backend = self.cycle[self.next] as usize;
        self.next = if self.next + 1 == self.cycle_len { 0 } else { self.next + 1 };
        backend
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::load_balancer::picks;

    #[test]
    fn the_sequence_is_that_of_nginx() {
        let mut balancer = SmoothWeightedRoundRobin::new(&[5, 1, 1]);
        let names: String = picks(&mut balancer, 14).iter().map(|&i| ["a", "b", "c"][i]).collect();
        assert_eq!(names, "aabacaaaabacaa");
    }

    #[test]
    fn a_long_cycle_goes_on_without_memory() {
        let mut balancer = SmoothWeightedRoundRobin::new(&[3_000_000, 1, 0]);
        let picked = picks(&mut balancer, 10);
        assert_eq!(picked, [0; 10]);
        assert!(balancer.cycle.is_empty());
    }

    #[test]
    #[should_panic(expected = "needs a weight above 0")]
    fn weights_of_zero_alone_are_refused() {
        SmoothWeightedRoundRobin::new(&[0, 0]);
    }

    proptest! {
        #[test]
        fn every_window_of_one_cycle_has_exact_shares(
            weights in prop::collection::vec(0u32..8, 1..6),
            start in 0usize..40,
        ) {
            let total: u32 = weights.iter().sum();
            prop_assume!(total > 0);
            let mut balancer = SmoothWeightedRoundRobin::new(&weights);
            let picked = picks(&mut balancer, start + total as usize);
            for (backend, &weight) in weights.iter().enumerate() {
                let count = picked[start..].iter().filter(|&&i| i == backend).count();
                prop_assert_eq!(count, weight as usize);
            }
        }
    }
}
