/// The fewest servers with one common line at which requests wait at most `max_mean_wait` in the mean, when
/// `arrivals` come per second and a server does `service_rate` per second (M/M/c).
fn servers_needed(arrivals: f64, service_rate: f64, max_mean_wait: f64) -> usize {
    let offered = arrivals / service_rate;
    let mut lost = 1.0; // Erlang's B for 0 servers
    // TODO: for 1, 2, 3, ... servers: B, then C, then the mean wait; stop at the first that is short enough
    todo!()
}
