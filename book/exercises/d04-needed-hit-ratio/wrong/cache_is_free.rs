fn needed_hit_ratio(cache_ms: f64, store_ms: f64, target_ms: f64) -> Option<f64> {
    (target_ms >= cache_ms).then(|| (1.0 - target_ms / store_ms).max(0.0))
}
