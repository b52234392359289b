fn needed_hit_ratio(cache_ms: f64, store_ms: f64, target_ms: f64) -> Option<f64> {
    let ratio = (store_ms - target_ms) / (store_ms - cache_ms);
    (ratio <= 1.0).then(|| ratio.max(0.0))
}
