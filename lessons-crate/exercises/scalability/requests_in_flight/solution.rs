/// The mean number of requests in flight in the busiest hour, from requests per day, the busiest hour as a
/// multiple of the mean one, and the mean latency in milliseconds.
fn requests_in_flight(per_day: f64, peak: f64, latency_ms: f64) -> f64 {
    let per_second = per_day / 86_400.0 * peak;
    per_second * latency_ms / 1_000.0
}
