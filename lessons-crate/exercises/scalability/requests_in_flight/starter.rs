/// The mean number of requests in flight in the busiest hour, from requests per day, the busiest hour as a
/// multiple of the mean one, and the mean latency in milliseconds.
fn requests_in_flight(per_day: f64, peak: f64, latency_ms: f64) -> f64 {
    let per_second = 0.0; // TODO: at the peak
    per_second // TODO: Little's law
}
