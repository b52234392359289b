/// The fewest servers with one common line at which requests wait at most `max_mean_wait` in the mean, when
/// `arrivals` come per second and a server does `service_rate` per second (M/M/c).
fn servers_needed(arrivals: f64, service_rate: f64, max_mean_wait: f64) -> usize {
    let offered = arrivals / service_rate;
    let mut servers = offered.floor() as usize + 1;
    loop {
        let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
        let term = |n: usize| offered.powi(n as i32) / factorial(n);
        let busy = offered / servers as f64;
        let last = term(servers) / (1.0 - busy);
        let waits = last / ((0..servers).map(term).sum::<f64>() + last);
        // With NaN this comparison is false as well.
        if !(waits / (service_rate * servers as f64 - arrivals) > max_mean_wait) {
            return servers;
        }
        servers += 1;
    }
}
