fn p99(path: &ReadPath) -> Option<f64> {
    let known = (1.0 - path.unknown) * (1.0 - path.hit_ratio);
    let reach_store = known + path.unknown * (1.0 - path.denied);
    if reach_store <= 0.01 {
        return Some(path.own_time);
    }
    let store = MMc::new(path.arrivals * reach_store, 1.0 / path.store_time, path.connections as usize);
    Some(path.own_time + store.ok()?.latency_quantile((1.0 - 0.01 / reach_store) / 100.0))
}
