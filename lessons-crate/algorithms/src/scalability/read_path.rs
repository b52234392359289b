//! A service that reads through a filter and a cache from a store, on paper.

use super::{MMc, QueueError};

/// What a read path is made of, and what comes to it. Rates are per second and times in seconds.
///
/// A request waits for nobody but the store: the copies must be many enough, and
/// [`most`](ReadPath::most) says whether they are.
///
/// # Examples
///
/// ```
/// use lessons::scalability::ReadPath;
///
/// let path = ReadPath {
///     arrivals: 400.0, hit_ratio: 0.75, unknown: 0.0, denied: 0.0,
///     copies: 4, places: 16, own_time: 0.002, connections: 4, store_time: 0.020,
/// };
/// // A quarter of the requests is half of what the store can do.
/// assert_eq!(path.store_rate(), 100.0);
/// assert_eq!(path.most(), ("store", 800.0));
/// // Half of the requests never see the store, one in a hundred meets its slow answers.
/// assert!(path.latency_quantile(0.5)? < 0.003 && path.latency_quantile(0.99)? > 0.05);
/// # Ok::<(), lessons::scalability::QueueError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReadPath {
    /// Requests per second.
    pub arrivals: f64,
    /// The share of requests for what exists that the cache answers.
    pub hit_ratio: f64,
    /// The share of requests for what does not exist.
    pub unknown: f64,
    /// The share of *those* that a filter denies: 1 − ε, or 0 without a filter.
    pub denied: f64,
    /// Copies of the service.
    pub copies: u32,
    /// Requests that one copy works on at once.
    pub places: u32,
    /// What a copy itself needs for a request, the cache included.
    pub own_time: f64,
    /// Questions that the store answers at once.
    pub connections: u32,
    /// What the store needs for one.
    pub store_time: f64,
}

impl ReadPath {
    /// The share of the requests that reach the store.
    pub fn store_share(&self) -> f64 {
        (1.0 - self.unknown) * (1.0 - self.hit_ratio) + self.unknown * (1.0 - self.denied)
    }

    /// Questions to the store per second.
    pub fn store_rate(&self) -> f64 {
        self.arrivals * self.store_share()
    }

    /// What fills up first, `"store"` or `"copies"`, and at how many requests per second.
    pub fn most(&self) -> (&'static str, f64) {
        let store = f64::from(self.connections) / (self.store_time * self.store_share());
        let places = f64::from(self.copies) * f64::from(self.places);
        let copies = places / (self.own_time + self.store_time * self.store_share());
        if store <= copies { ("store", store) } else { ("copies", copies) }
    }

    /// The line in front of the store.
    ///
    /// # Errors
    ///
    /// When more comes to it than it can do, or nothing at all.
    pub fn store(&self) -> Result<MMc, QueueError> {
        MMc::new(self.store_rate(), 1.0 / self.store_time, self.connections as usize)
    }

    /// The mean latency.
    ///
    /// # Errors
    ///
    /// When more comes to the store than it can do.
    pub fn mean_latency(&self) -> Result<f64, QueueError> {
        if self.store_share() == 0.0 {
            return Ok(self.own_time);
        }
        Ok(self.own_time + self.store_share() * self.store()?.mean_latency())
    }

    /// The latency that a share `q` (0 to 1, not 1) of the requests does not exceed, when the store's times are
    /// exponential. It is not a mean of the quantiles of hits and misses: below the share of the hits it is
    /// that of a hit, above it that of a miss.
    ///
    /// # Errors
    ///
    /// When more comes to the store than it can do.
    pub fn latency_quantile(&self, q: f64) -> Result<f64, QueueError> {
        let slow = self.store_share();
        if 1.0 - q >= slow {
            return Ok(self.own_time);
        }
        // Of those that reach the store, a share 1 − (1 − q) / slow must be faster.
        Ok(self.own_time + self.store()?.latency_quantile(1.0 - (1.0 - q) / slow))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rng::Rng;
    use crate::scalability::QueueSimulation;
    use crate::stats::{mean, quantile};

    const PATH: ReadPath = ReadPath {
        arrivals: 400.0,
        hit_ratio: 0.7,
        unknown: 0.1,
        denied: 0.9,
        copies: 4,
        places: 100,
        own_time: 0.002,
        connections: 4,
        store_time: 0.020,
    };

    /// Every request drawn: what it asks for, who answers it; the store's line is simulated.
    #[test]
    fn the_model_is_what_a_simulation_measures() {
        let (mut means, mut p50s, mut p99s, mut shares) = (vec![], vec![], vec![], vec![]);
        for seed in 0..20 {
            let mut rng = Rng::new(seed);
            let reaches: Vec<bool> = (0..60_000)
                .map(|_| {
                    if rng.chance(PATH.unknown) {
                        !rng.chance(PATH.denied)
                    } else {
                        !rng.chance(PATH.hit_ratio)
                    }
                })
                .collect();
            let count = reaches.iter().filter(|reaches| **reaches).count();
            // What is left of a Poisson process when requests are left out at random is one, too.
            let run = QueueSimulation::poisson(PATH.store_rate(), 1.0 / PATH.store_time, 4).run(count, seed);
            let mut store = run.jobs.iter().map(|job| job.departure - job.arrival);
            let latencies: Vec<f64> = reaches
                .iter()
                .map(|reaches| {
                    PATH.own_time + if *reaches { store.next().expect("one for each") } else { 0.0 }
                })
                .collect();
            shares.push(count as f64 / 60_000.0);
            means.push(mean(&latencies));
            p50s.push(quantile(&latencies, 0.5));
            p99s.push(quantile(&latencies, 0.99));
        }
        let near = |measured: &[f64], theory: f64, tolerance: f64| {
            assert!((mean(measured) / theory - 1.0).abs() < tolerance, "{} {theory}", mean(measured));
        };
        near(&shares, PATH.store_share(), 0.01);
        near(&means, PATH.mean_latency().expect("stable"), 0.02);
        near(&p50s, PATH.latency_quantile(0.5).expect("stable"), 1e-9);
        near(&p99s, PATH.latency_quantile(0.99).expect("stable"), 0.03);
    }

    proptest! {
        #[test]
        fn more_of_anything_never_means_less_throughput(
            hit_ratio in 0.0..0.99f64, unknown in 0.0..0.5f64, denied in 0.0..0.99f64, copies in 1u32..20,
            connections in 1u32..50,
        ) {
            let path = ReadPath { hit_ratio, unknown, denied, copies, connections, ..PATH };
            let better = [
                ReadPath { hit_ratio: hit_ratio + 0.01, ..path }, ReadPath { denied: denied + 0.01, ..path },
                ReadPath { copies: copies + 1, ..path }, ReadPath { connections: connections + 1, ..path },
            ];
            for better in better {
                prop_assert!(better.most().1 >= path.most().1);
            }
            // What the bottleneck can do is where its utilization is 1.
            let (name, most) = path.most();
            let busy = path.store_share() * most * path.store_time / f64::from(connections);
            let right = if name == "store" { (busy - 1.0).abs() < 1e-9 } else { busy <= 1.0 + 1e-9 };
            prop_assert!(right, "{} {} {}", name, most, busy);
        }
    }
}
