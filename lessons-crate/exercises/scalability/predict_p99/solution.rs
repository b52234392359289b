/// The latency in seconds that 99 of 100 requests do not exceed; `None` when the store cannot keep up.
fn p99(path: &ReadPath) -> Option<f64> {
    let known = (1.0 - path.unknown) * (1.0 - path.hit_ratio);
    let reach_store = known + path.unknown * (1.0 - path.denied);
    if reach_store <= 0.01 {
        return Some(path.own_time);
    }
    let store = MMc::new(path.arrivals * reach_store, 1.0 / path.store_time, path.connections as usize);
    // One request in a hundred is slower: that is a larger share of those that reach the store.
    Some(path.own_time + store.ok()?.latency_quantile(1.0 - 0.01 / reach_store))
}
