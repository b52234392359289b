/// The latency in seconds that 99 of 100 requests do not exceed; `None` when the store cannot keep up.
fn p99(path: &ReadPath) -> Option<f64> {
    let known = (1.0 - path.unknown) * (1.0 - path.hit_ratio);
    let reach_store = known + path.unknown * (1.0 - path.denied);
    let store = MMc::new(path.arrivals * reach_store, 1.0 / path.store_time, path.connections as usize);
    Some(path.own_time + reach_store * store.ok()?.latency_quantile(0.99))
}
