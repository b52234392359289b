/// The latency in seconds that 99 of 100 requests do not exceed; `None` when the store cannot keep up.
fn p99(path: &ReadPath) -> Option<f64> {
    // TODO: which share of the requests reaches the store, past the filter and the cache?
    let reach_store = 1.0;
    let store = MMc::new(path.arrivals * reach_store, 1.0 / path.store_time, path.connections as usize);
    // TODO: which quantile of the store's latency is it?
    Some(path.own_time + store.ok()?.latency_quantile(0.5))
}
