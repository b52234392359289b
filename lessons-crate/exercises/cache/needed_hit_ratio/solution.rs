fn needed_hit_ratio(cache_ms: f64, store_ms: f64, target_ms: f64) -> Option<f64> {
    // The mean is cache + (1 - h) * store: what is left after the cache pays for the misses.
    let left_for_misses = target_ms - cache_ms;
    (left_for_misses >= 0.0).then(|| (1.0 - left_for_misses / store_ms).max(0.0))
}
