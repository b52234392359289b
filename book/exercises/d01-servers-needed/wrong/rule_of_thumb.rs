/// The fewest servers with one common line at which requests wait at most `max_mean_wait` in the mean, when
/// `arrivals` come per second and a server does `service_rate` per second (M/M/c).
fn servers_needed(arrivals: f64, service_rate: f64, max_mean_wait: f64) -> usize {
    (1.2 * arrivals / service_rate).ceil() as usize
}
