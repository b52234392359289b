//! What a system's resources allow, from how much of each a request needs.
//!
//! The *demand* of a resource is the time that one request keeps it busy, all visits together.
//!
//! # Sources
//!
//! P. J. Denning, J. P. Buzen, "The Operational Analysis of Queueing Network Models", ACM Computing Surveys
//! 10(3), 1978, doi:10.1145/356733.356735.

/// The share of time that a resource is busy: throughput × demand, the utilization law. Above 1 cannot be.
///
/// # Examples
///
/// ```
/// use lessons::scalability::bounds;
///
/// // 400 requests per second with 2 ms of disk each.
/// assert_eq!(bounds::utilization(400.0, 0.002), 0.8);
/// ```
pub fn utilization(throughput: f64, demand: f64) -> f64 {
    throughput * demand
}

/// The most throughput that `users` can reach, each of whom waits for the answer and then thinks for the
/// time `think`: the lesser of what the bottleneck does, 1 / (the largest demand), and what the users ask
/// for when nobody waits, users / (all demands + think). O(resources).
///
/// # Examples
///
/// ```
/// use lessons::scalability::bounds;
///
/// // CPU 5 ms, disk 20 ms: the disk gives 50 per second, however many ask.
/// assert_eq!(bounds::throughput(1_000.0, &[0.005, 0.020], 1.0), 50.0);
/// ```
pub fn throughput(users: f64, demands: &[f64], think: f64) -> f64 {
    let largest = demands.iter().copied().fold(0.0, f64::max);
    (1.0 / largest).min(users / (demands.iter().sum::<f64>() + think))
}

/// The number of users at which the two bounds of [`throughput`] meet. Beyond it users wait for each other.
pub fn saturation(demands: &[f64], think: f64) -> f64 {
    (demands.iter().sum::<f64>() + think) / demands.iter().copied().fold(0.0, f64::max)
}

/// Throughput and latency of a closed system.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Closed {
    /// Answers per unit of time.
    pub throughput: f64,
    /// The mean time from request to answer, without thinking.
    pub latency: f64,
}

/// The exact throughput and mean latency of `users` who wait for the answer and then think, when each
/// resource has one line and exponential service times: mean value analysis. O(users · resources).
///
/// # Panics
///
/// When there are no users.
///
/// # Sources
///
/// M. Reiser, S. S. Lavenberg, "Mean-Value Analysis of Closed Multichain Queuing Networks", Journal of the
/// ACM 27(2), 1980, doi:10.1145/322186.322195.
///
/// # Examples
///
/// ```
/// use lessons::scalability::bounds::{mean_value_analysis, throughput};
///
/// let reached = mean_value_analysis(50, &[0.005, 0.020], 1.0).throughput;
/// assert!(reached < throughput(50.0, &[0.005, 0.020], 1.0));
/// ```
pub fn mean_value_analysis(users: u32, demands: &[f64], think: f64) -> Closed {
    assert!(users > 0, "a closed system needs at least one user");
    let mut in_line = vec![0.0; demands.len()];
    let mut closed = Closed { throughput: 0.0, latency: 0.0 };
    for n in 1..=users {
        // A request that comes finds what one user less leaves there (the arrival theorem).
        let latencies: Vec<f64> =
            demands.iter().zip(&in_line).map(|(demand, line)| demand * (1.0 + line)).collect();
        let latency: f64 = latencies.iter().sum();
        let throughput = f64::from(n) / (latency + think);
        in_line = latencies.iter().map(|latency| throughput * latency).collect();
        closed = Closed { throughput, latency };
    }
    closed
}

/// The share of requests that are slow when each needs the answers of `calls` independent calls, of which
/// a share `slow` is slow: 1 − (1 − slow)^calls.
///
/// # Sources
///
/// J. Dean, L. A. Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013,
/// doi:10.1145/2408776.2408794.
///
/// # Examples
///
/// ```
/// use lessons::scalability::bounds;
///
/// // The slow 1% of one server is seen by 63% of the requests that ask 100 of them.
/// assert_eq!((bounds::fan_out(0.01, 100) * 1_000.0).round(), 634.0);
/// ```
pub fn fan_out(slow: f64, calls: u32) -> f64 {
    // Through logarithms, or a rare share is lost in the difference to 1.
    -(f64::from(calls) * (-slow).ln_1p()).exp_m1()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rng::Rng;

    /// Users at one resource, event by event: who is thinking, who is first in line.
    fn simulate(users: usize, demand: f64, think: f64, answers: usize, seed: u64) -> f64 {
        let mut rng = Rng::new(seed);
        let mut back_at: Vec<f64> = (0..users).map(|_| rng.exponential(think)).collect();
        let mut free_at = 0.0;
        for _ in 0..answers {
            let first = (0..users).min_by(|&a, &b| back_at[a].total_cmp(&back_at[b])).expect("a user");
            free_at = back_at[first].max(free_at) + rng.exponential(demand);
            back_at[first] = free_at + rng.exponential(think);
        }
        answers as f64 / free_at
    }

    #[test]
    fn mean_value_analysis_is_what_a_simulation_measures() {
        for users in [1u32, 3, 8, 30] {
            let theory = mean_value_analysis(users, &[1.0], 9.0);
            let measured: Vec<f64> =
                (0..20).map(|seed| simulate(users as usize, 1.0, 9.0, 20_000, seed)).collect();
            let error = crate::stats::standard_deviation(&measured) / 20f64.sqrt();
            let mean = crate::stats::mean(&measured);
            assert!((mean - theory.throughput).abs() < 5.0 * error, "{users}: {mean} {theory:?} {error}");
            assert!(error < 0.01 * theory.throughput);
        }
    }

    proptest! {
        #[test]
        fn mean_value_analysis_keeps_to_the_bounds(
            users in 1u32..300, demands in prop::collection::vec(0.001..1.0f64, 1..6), think in 0.0..5.0f64,
        ) {
            let closed = mean_value_analysis(users, &demands, think);
            let most = throughput(f64::from(users), &demands, think);
            prop_assert!(closed.throughput <= most * (1.0 + 1e-12), "{closed:?} {most}");
            // Little's law, with the thinking users as part of the system.
            prop_assert!((closed.throughput * (closed.latency + think) / f64::from(users) - 1.0).abs() < 1e-9);
            // Far beyond saturation the bottleneck is busy nearly always.
            if f64::from(users) > 100.0 * saturation(&demands, think) {
                prop_assert!(closed.throughput > 0.95 * most);
            }
        }

        #[test]
        fn fan_out_is_the_chance_that_not_all_are_fast(slow in 0.0..1.0f64, calls in 1u32..50) {
            let all_fast: f64 = (0..calls).map(|_| 1.0 - slow).product();
            prop_assert!((fan_out(slow, calls) - (1.0 - all_fast)).abs() < 1e-12);
        }
    }
}
