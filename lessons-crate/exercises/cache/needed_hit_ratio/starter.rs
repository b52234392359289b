/// The smallest hit ratio, from 0 to 1, with which the mean time of all requests is at most `target_ms`.
/// Every request asks the cache; one that misses asks the store as well. None when no hit ratio is enough.
fn needed_hit_ratio(cache_ms: f64, store_ms: f64, target_ms: f64) -> Option<f64> {
    todo!("write down the mean time for a hit ratio h, and solve for h")
}
