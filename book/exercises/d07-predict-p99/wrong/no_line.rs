/// The latency in seconds that 99 of 100 requests do not exceed; `None` when the store cannot keep up.
fn p99(path: &ReadPath) -> Option<f64> {
    let known = (1.0 - path.unknown) * (1.0 - path.hit_ratio);
    let reach_store = known + path.unknown * (1.0 - path.denied);
    if reach_store <= 0.01 {
        return Some(path.own_time);
    }
    // The store's times are exponential.
    Some(path.own_time + path.store_time * (reach_store / 0.01).ln())
}
