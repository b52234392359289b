//! Queries that ask many shards and wait for all.

use crate::dist::Distribution;
use crate::interrupt::checkpoint;
use crate::rng::Rng;

/// The share of queries that meet a slow shard, when each of `fan_out` shards is slow with probability `p` on its
/// own: 1 - (1 - p)^n.
///
/// # Sources
///
/// J. Dean, L. A. Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013,
/// doi:10.1145/2408776.2408794.
///
/// # Examples
///
/// ```
/// let share = lessons::sharding::slow_share(0.01, 100);
/// assert!((share - 0.634).abs() < 0.001); // One in a hundred for a shard, two in three for the query.
/// ```
pub fn slow_share(p: f64, fan_out: u32) -> f64 {
    1.0 - (1.0 - p).powi(fan_out.min(i32::MAX as u32) as i32)
}

/// How long `queries` queries take that each ask `fan_out` shards at once and wait for the slowest; in the unit of
/// the latencies, which are drawn for each shard on its own. O(queries · fan-out).
pub fn scatter(latency: &dyn Distribution, fan_out: u32, queries: usize, rng: &mut Rng) -> Vec<f64> {
    let mut slowest = Vec::with_capacity(queries);
    for _ in 0..queries {
        checkpoint();
        slowest.push((0..fan_out).map(|_| latency.sample(rng)).fold(0.0, f64::max));
    }
    slowest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::Bimodal;
    use crate::stats::proportion_error;

    #[test]
    fn the_slow_share_is_measured_as_computed() {
        let latency = Bimodal::new(1.0, 100.0, 0.01);
        for fan_out in [1, 4, 16, 64] {
            let took = scatter(&latency, fan_out, 20_000, &mut Rng::new(12));
            let slow = took.iter().filter(|&&ms| ms > 50.0).count() as f64 / 20_000.0;
            let expected = slow_share(0.01, fan_out);
            assert!((slow - expected).abs() < 4.0 * proportion_error(expected, 20_000), "{fan_out}: {slow}");
        }
    }
}
