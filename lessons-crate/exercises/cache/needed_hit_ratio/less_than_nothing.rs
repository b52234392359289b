fn needed_hit_ratio(cache_ms: f64, store_ms: f64, target_ms: f64) -> Option<f64> {
    let ratio = 1.0 - (target_ms - cache_ms) / store_ms;
    (ratio <= 1.0).then_some(ratio)
}
