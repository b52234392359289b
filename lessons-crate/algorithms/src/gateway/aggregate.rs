//! One answer of many: as slow as its slowest part, or incomplete.

use crate::dist::Distribution;
use crate::interrupt;
use crate::rng::Rng;

/// What came of asking for all parts at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gathered {
    /// When the answer is sent, in the unit of the latencies.
    pub latency: f64,
    /// How many parts are in it.
    pub parts: usize,
}

/// Asks for all parts at once and waits for the slowest, but for no longer than the deadline, if there is one.
/// O(parts).
///
/// # Examples
///
/// ```
/// use lessons::gateway::aggregate::gather;
///
/// let latencies = [12.0, 80.0, 7.0];
/// assert_eq!(gather(&latencies, None).latency, 80.0);
/// let partial = gather(&latencies, Some(50.0));
/// assert_eq!((partial.latency, partial.parts), (50.0, 2));
/// ```
pub fn gather(latencies: &[f64], deadline: Option<f64>) -> Gathered {
    let deadline = deadline.unwrap_or(f64::INFINITY);
    let slowest = latencies.iter().copied().fold(0.0, f64::max);
    let parts = latencies.iter().filter(|&&latency| latency <= deadline).count();
    Gathered { latency: slowest.min(deadline), parts }
}

/// Asks so many times for `parts` parts, whose latencies are drawn independently.
pub fn gather_many(
    parts: usize,
    latency: &dyn Distribution,
    deadline: Option<f64>,
    times: usize,
    rng: &mut Rng,
) -> Vec<Gathered> {
    let mut latencies = vec![0.0; parts];
    let once = |_| {
        interrupt::checkpoint();
        latencies.fill_with(|| latency.sample(rng));
        gather(&latencies, deadline)
    };
    (0..times).map(once).collect()
}

/// The share of answers in which one of `parts` independent parts is slower than what a share `q` of the parts
/// stays below: 1 − q^parts. With q = 0.99 and 100 parts: 63%.
///
/// # Sources
///
/// J. Dean, L. A. Barroso, "The Tail at Scale", CACM 56(2), 2013.
pub fn share_with_a_slow_part(q: f64, parts: u32) -> f64 {
    1.0 - q.powi(i32::try_from(parts).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::{Exponential, LogNormal};
    use crate::stats::{mean, proportion_error, quantile};

    #[test]
    fn the_tail_at_scale() {
        assert!((share_with_a_slow_part(0.99, 100) - 0.634).abs() < 0.001);
        let (slow, mut rng) = (LogNormal { median: 10.0, sigma: 1.0 }, Rng::new(1));
        let alone: Vec<f64> = (0..200_000).map(|_| slow.sample(&mut rng)).collect();
        let limit = quantile(&alone, 0.99);
        for parts in [1, 5, 20] {
            let gathered = gather_many(parts as usize, &slow, None, 20_000, &mut rng);
            let share = gathered.iter().filter(|one| one.latency > limit).count() as f64 / 20_000.0;
            let theory = share_with_a_slow_part(0.99, parts);
            assert!((share - theory).abs() < 6.0 * proportion_error(theory, 20_000), "{share} for {theory}");
        }
    }

    /// The mean of the slowest of n exponentials is the n-th harmonic number.
    #[test]
    fn the_slowest_of_five() {
        let gathered = gather_many(5, &Exponential(1.0), None, 100_000, &mut Rng::new(2));
        let latencies: Vec<f64> = gathered.iter().map(|one| one.latency).collect();
        assert!((mean(&latencies) - 137.0 / 60.0).abs() < 0.02);
        assert!(gathered.iter().all(|one| one.parts == 5));
    }

    #[test]
    fn a_deadline_is_kept_and_paid_for_in_parts() {
        let gathered = gather_many(5, &Exponential(20.0), Some(50.0), 50_000, &mut Rng::new(3));
        assert!(gathered.iter().all(|one| one.latency <= 50.0));
        let parts: Vec<f64> = gathered.iter().map(|one| one.parts as f64 / 5.0).collect();
        assert!((mean(&parts) - (1.0 - (-2.5f64).exp())).abs() < 0.003);
    }
}
