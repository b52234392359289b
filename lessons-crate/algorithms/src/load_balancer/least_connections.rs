//! To the backend with the fewest requests in flight.

use super::{Balancer, Request, SEED};
use crate::rng::Rng;

/// The backend with the fewest requests in flight, at random when several have them.
///
/// Also called join the shortest queue: the best a balancer can do when service times are exponential and
/// it knows only counts. It needs to see all the traffic: many balancers with late counts all run to the
/// same backend ([`StaleView`](super::StaleView)).
///
/// The backends are kept sorted by requests in flight. One more or one less moves a backend over the edge
/// of its group of equals, which is one exchange, so a pick, a start and an end cost O(1) at any number of
/// backends. While a backend is down, a pick scans them all: O(n).
///
/// # Sources
///
/// W. Winston, "Optimality of the Shortest Line Discipline", Journal of Applied Probability 14(1), 1977,
/// doi:10.2307/3213271.
#[derive(Clone, Debug)]
pub struct LeastConnections {
    in_flight: Vec<usize>,
    /// Backends by requests in flight, fewest first.
    order: Vec<usize>,
    /// Where each backend stands in `order`.
    position: Vec<usize>,
    /// `first[count]`: how many backends have fewer than `count` in flight.
    first: Vec<usize>,
    up: Vec<bool>,
    down: usize,
    rng: Rng,
}

impl LeastConnections {
    /// Over this many backends, all idle.
    ///
    /// # Panics
    ///
    /// When there is no backend.
    pub fn new(backends: usize) -> Self {
        assert!(backends > 0, "a balancer needs at least one backend");
        Self {
            in_flight: vec![0; backends],
            order: (0..backends).collect(),
            position: (0..backends).collect(),
            first: vec![0, backends, backends],
            up: vec![true; backends],
            down: 0,
            rng: Rng::new(SEED),
        }
    }

    /// The same policy with draws of its own, for equals.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.rng = Rng::new(seed);
        self
    }

    /// Requests in flight at each backend.
    pub fn in_flight(&self) -> &[usize] {
        &self.in_flight
    }

    fn move_to(&mut self, backend: usize, to: usize) {
        let from = self.position[backend];
        let other = self.order[to];
        self.order.swap(from, to);
        self.position[backend] = to;
        self.position[other] = from;
    }

    fn pick_among_up(&mut self) -> Option<usize> {
        let fewest = self.order.iter().find(|&&backend| self.up[backend])?;
        let fewest = self.in_flight[*fewest];
        let equals: Vec<usize> = self.order[self.first[fewest]..self.first[fewest + 1]]
            .iter()
            .copied()
            .filter(|&backend| self.up[backend])
            .collect();
        self.rng.choose(&equals).copied()
    }
}

impl Balancer for LeastConnections {
    fn name(&self) -> &'static str {
        "least connections"
    }

    fn pick(&mut self, _: &Request) -> usize {
        if self.down > 0
            && let Some(backend) = self.pick_among_up()
        {
            return backend;
        }
        let fewest = self.in_flight[self.order[0]];
        self.order[self.rng.index(self.first[fewest + 1])]
    }

    fn started(&mut self, backend: usize) {
        let count = self.in_flight[backend];
        if count + 2 == self.first.len() {
            self.first.push(self.order.len());
        }
        self.move_to(backend, self.first[count + 1] - 1);
        self.first[count + 1] -= 1;
        self.in_flight[backend] = count + 1;
    }

    fn finished(&mut self, backend: usize, _: f64, _: bool) {
        let count = self.in_flight[backend];
        self.move_to(backend, self.first[count]);
        self.first[count] += 1;
        self.in_flight[backend] = count - 1;
    }

    fn set_up(&mut self, backend: usize, up: bool) {
        if self.up[backend] != up {
            self.up[backend] = up;
            self.down = if up { self.down - 1 } else { self.down + 1 };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_order_is_kept_and_the_pick_is_the_least(
            steps in prop::collection::vec((any::<bool>(), 0usize..6, any::<bool>()), 1..200),
        ) {
            let mut balancer = LeastConnections::new(6);
            for (start, backend, up) in steps {
                if start {
                    balancer.started(backend);
                } else if balancer.in_flight()[backend] > 0 {
                    balancer.finished(backend, 1.0, true);
                } else {
                    balancer.set_up(backend, up);
                }
                let counts: Vec<usize> = balancer.order.iter().map(|&i| balancer.in_flight[i]).collect();
                prop_assert!(counts.is_sorted(), "{counts:?}");
                let picked = balancer.pick(&Request::default());
                let any_up = balancer.up.contains(&true);
                let least = (0..6).filter(|&i| balancer.up[i] || !any_up).map(|i| balancer.in_flight[i]).min();
                prop_assert_eq!(Some(balancer.in_flight[picked]), least);
                prop_assert!(balancer.up[picked] || !any_up);
            }
        }
    }

    #[test]
    fn equals_are_picked_equally() {
        let mut balancer = LeastConnections::new(4);
        balancer.started(2);
        let mut counts = [0u64; 4];
        for _ in 0..30_000 {
            counts[balancer.pick(&Request::default())] += 1;
        }
        assert_eq!(counts[2], 0);
        let idle = [counts[0], counts[1], counts[3]];
        assert!(crate::stats::chi_square_p_value(&idle, &[10_000.0; 3]) > 0.001, "{counts:?}");
    }
}
