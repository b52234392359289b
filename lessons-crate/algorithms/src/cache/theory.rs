//! What theory says of hit ratios, lifetimes and latencies.
//!
//! Popularities are the probabilities that a request is for each key, each request independent of those before (the
//! independent reference model). Real traffic has more repetition close together than that, and hits more.

use std::time::Duration;

use crate::dist::Zipf;

/// The popularities of a [`Zipf`] law over `keys` keys, most popular first.
///
/// # Panics
///
/// When there are no keys, or `alpha` is negative.
pub fn zipf(keys: usize, alpha: f64) -> Vec<f64> {
    let zipf = Zipf::new(keys, alpha);
    (0..keys).map(|rank| zipf.probability(rank)).collect()
}

/// The hit ratio of LRU, from 0 to 1, by Che's approximation.
///
/// In a full cache an entry that nobody asks for lives for about the same time `T`, whichever it is: until as many
/// different keys were asked for as there is room. `T` is measured in requests and is where the expected number of
/// keys that are asked for within it equals the capacity; a key hits when it comes again within `T`.
///
/// # Sources
///
/// H. Che, Y. Tung, Z. Wang, "Hierarchical Web Caching Systems: Modeling, Design and Experimental Results", IEEE JSAC
/// 20(7), 2002, doi:10.1109/JSAC.2002.801752. Why it is so good: C. Fricker, P. Robert, J. Roberts, "A Versatile and
/// Accurate Approximation for LRU Cache Performance", ITC 24, 2012 (arXiv:1202.3974).
pub fn che_lru(popularities: &[f64], capacity: usize) -> f64 {
    hit_ratio(popularities, capacity, asked_within)
}

/// The hit ratio of FIFO, and of eviction at random, by the same reasoning: an entry leaves a time `T` after it came,
/// whether it was asked for or not.
///
/// # Sources
///
/// C. Fricker, P. Robert, J. Roberts, as for [`che_lru`]. That the two are equal: E. Gelenbe, "A Unified Approach to
/// the Evaluation of a Class of Replacement Algorithms", IEEE Transactions on Computers C-22(6), 1973,
/// doi:10.1109/TC.1973.5009115.
pub fn che_fifo(popularities: &[f64], capacity: usize) -> f64 {
    let came_within = |p: f64, time: f64| {
        let absent = 1.0 / (1.0 + p * time);
        (p * time * absent, p * absent * absent)
    };
    hit_ratio(popularities, capacity, came_within)
}

/// How long, in requests, an entry of a full LRU cache lives that nobody asks for: Che's `T`. Infinite when all keys
/// fit.
pub fn characteristic_time(popularities: &[f64], capacity: usize) -> f64 {
    solve(popularities, capacity, asked_within)
}

/// The hit ratio of a cache that holds the most popular keys and never changes: what frequency alone can give.
pub fn static_optimum(popularities: &[f64], capacity: usize) -> f64 {
    let mut sorted = popularities.to_vec();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    sorted.iter().take(capacity).sum()
}

/// How likely a key of popularity `p` is asked for within a time, and how fast that grows with the time.
fn asked_within(p: f64, time: f64) -> (f64, f64) {
    let absent = (-p * time).exp();
    (1.0 - absent, p * absent)
}

fn hit_ratio(popularities: &[f64], capacity: usize, present: impl Fn(f64, f64) -> (f64, f64)) -> f64 {
    let time = solve(popularities, capacity, &present);
    if time.is_infinite() {
        return 1.0;
    }
    popularities.iter().map(|&p| p * present(p, time).0).sum()
}

/// The time at which the expected number of present keys is the capacity, by Newton's method.
///
/// That number grows ever more slowly with the time, so each step from too early a time ends at one that is still not
/// too late: no step can leap over the answer, and none is lost.
fn solve(popularities: &[f64], capacity: usize, present: impl Fn(f64, f64) -> (f64, f64)) -> f64 {
    if capacity >= popularities.iter().filter(|p| **p > 0.0).count() {
        return f64::INFINITY;
    }
    let mut time = 0.0;
    loop {
        let (filled, slope) = popularities.iter().fold((0.0, 0.0), |(filled, slope), &p| {
            let (here, growth) = present(p, time);
            (filled + here, slope + growth)
        });
        let step = (capacity as f64 - filled) / slope;
        time += step.max(0.0);
        // Also ends for what is not a number.
        if step.is_nan() || step <= time * 1e-13 {
            return time;
        }
    }
}

/// The hit ratio of one key that is asked for `rate` times a second, at random moments, with a fixed time to live:
/// λT / (1 + λT). One miss, then λT hits on average until it expires.
///
/// # Sources
///
/// J. Jung, A. W. Berger, H. Balakrishnan, "Modeling TTL-Based Internet Caches", INFOCOM 2003,
/// doi:10.1109/INFCOM.2003.1208693.
pub fn fixed_ttl(rate: f64, ttl: Duration) -> f64 {
    let hits = rate * ttl.as_secs_f64();
    hits / (1.0 + hits)
}

/// The same with a time to live that starts again at each hit: 1 - e^(-λT), and no bound on how old a value may be.
pub fn sliding_ttl(rate: f64, ttl: Duration) -> f64 {
    -(-rate * ttl.as_secs_f64()).exp_m1()
}

/// The mean time of a request: every one looks into the cache, and misses go on to the store.
pub fn mean_latency(hit_ratio: f64, cache: Duration, store: Duration) -> Duration {
    cache + store.mul_f64((1.0 - hit_ratio).clamp(0.0, 1.0))
}

/// How many requests find a key expired while the first of them is still computing it, without protection: λδ, and
/// the first itself.
pub fn stampede_size(rate: f64, recompute: Duration) -> f64 {
    1.0 + rate * recompute.as_secs_f64()
}

/// How often a value is recomputed per refresh with [`x_fetch`](super::x_fetch) at a high rate of requests:
/// e^(1/β) on average.
///
/// Each request within the last moments starts a recomputation with probability e^(-s/βδ), s before expiry; the first
/// one that does needs δ to finish, in which the probability grows by a factor e^(1/β).
pub fn x_fetch_recomputations(beta: f64) -> f64 {
    (1.0 / beta).exp()
}
