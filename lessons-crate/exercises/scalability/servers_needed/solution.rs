/// The fewest servers with one common line at which requests wait at most `max_mean_wait` in the mean, when
/// `arrivals` come per second and a server does `service_rate` per second (M/M/c).
fn servers_needed(arrivals: f64, service_rate: f64, max_mean_wait: f64) -> usize {
    let offered = arrivals / service_rate;
    let mut lost = 1.0;
    for servers in 1..10_000 {
        lost = offered * lost / (servers as f64 + offered * lost);
        let spare = service_rate * servers as f64 - arrivals;
        if spare <= 0.0 {
            continue;
        }
        let busy = offered / servers as f64;
        let waits = lost / (1.0 - busy * (1.0 - lost));
        if waits / spare <= max_mean_wait {
            return servers;
        }
    }
    10_000
}
