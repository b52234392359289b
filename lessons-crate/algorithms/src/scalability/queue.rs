//! Waiting lines: M/M/1 and M/M/c.
//!
//! Requests come as a Poisson process, service times are exponential, and `servers` of them take from one
//! common line. Formulas of this kind are usually printed with factorials, which overflow at 171 servers;
//! Erlang's recursion has only factors between 0 and 1.

/// Why a waiting line has no answer.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum QueueError {
    /// More work comes than the servers can do, so the line grows without end.
    #[error(
        "{arrival_rate} arrivals per unit of time at {servers} servers that do {service_rate} each: the line grows without end; use more than {} servers, or shed load",
        (arrival_rate / service_rate).floor()
    )]
    Unstable {
        /// Arrivals per unit of time.
        arrival_rate: f64,
        /// What one server does per unit of time.
        service_rate: f64,
        /// How many servers there are.
        servers: usize,
    },
    /// A rate that is not above 0, or not finite.
    #[error("a rate must be above 0 and finite, not {0}")]
    BadRate(f64),
}

/// The share of requests that find all `servers` busy and are lost, when none may wait, at `offered` work:
/// arrivals times mean service time, in servers' worth (erlangs). Erlang's formula B, O(servers).
///
/// # Sources
///
/// A. K. Erlang, "Solution of Some Problems in the Theory of Probabilities of Significance in Automatic
/// Telephone Exchanges", Elektroteknikeren 13, 1917.
///
/// # Examples
///
/// ```
/// use lessons::scalability::erlang_b;
///
/// assert_eq!(erlang_b(1, 1.0), 0.5);
/// ```
pub fn erlang_b(servers: usize, offered: f64) -> f64 {
    (1..=servers).fold(1.0, |blocked, n| next_blocked(blocked, n, offered))
}

/// B for `n` servers, from B for one less.
fn next_blocked(blocked: f64, n: usize, offered: f64) -> f64 {
    offered * blocked / (n as f64 + offered * blocked)
}

/// The share of requests that must wait, when all may: Erlang's formula C, O(servers). It is 1 when the
/// servers cannot do the `offered` work.
///
/// # Sources
///
/// As [`erlang_b`].
///
/// # Examples
///
/// ```
/// use lessons::scalability::erlang_c;
///
/// // Ten servers, each 90% busy: two requests in three wait.
/// assert_eq!((erlang_c(10, 9.0) * 1_000.0).round(), 669.0);
/// ```
pub fn erlang_c(servers: usize, offered: f64) -> f64 {
    waiting(erlang_b(servers, offered), servers, offered)
}

/// C from B.
fn waiting(blocked: f64, servers: usize, offered: f64) -> f64 {
    let utilization = offered / servers as f64;
    if utilization >= 1.0 {
        return 1.0;
    }
    blocked / (1.0 - utilization * (1.0 - blocked))
}

/// A common line in front of equal servers: M/M/c, and M/M/1 with one server. First come, first served.
///
/// # Sources
///
/// Erlang 1917 (see [`erlang_b`]); M. Harchol-Balter, "Performance Modeling and Design of Computer
/// Systems", Cambridge University Press, 2013, chapters 13 and 14.
///
/// # Examples
///
/// Ten lines of one server each, against one line of ten servers, with the same work:
///
/// ```
/// use lessons::scalability::MMc;
///
/// let private = MMc::new(0.9, 1.0, 1)?;
/// let shared = MMc::new(9.0, 1.0, 10)?;
/// assert_eq!(private.mean_latency().round(), 10.0);
/// assert_eq!((shared.mean_latency() * 100.0).round(), 167.0);
/// # Ok::<(), lessons::scalability::QueueError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MMc {
    arrival_rate: f64,
    service_rate: f64,
    servers: usize,
    /// Erlang's C.
    waits: f64,
}

impl MMc {
    /// A line with so many arrivals per unit of time, and servers that each do `service_rate` requests in
    /// it. O(servers).
    ///
    /// # Errors
    ///
    /// When a rate is not above 0, or the servers cannot do the work.
    pub fn new(arrival_rate: f64, service_rate: f64, servers: usize) -> Result<Self, QueueError> {
        check_rates(arrival_rate, service_rate)?;
        if arrival_rate >= service_rate * servers as f64 {
            return Err(QueueError::Unstable { arrival_rate, service_rate, servers });
        }
        let waits = erlang_c(servers, arrival_rate / service_rate);
        Ok(Self { arrival_rate, service_rate, servers, waits })
    }

    /// The fewest servers at which requests wait at most `mean_wait` in the mean (in line, not counting
    /// their service). O(result).
    ///
    /// # Errors
    ///
    /// When a rate or `mean_wait` is not above 0: a wait of exactly 0 takes infinitely many servers.
    ///
    /// # Examples
    ///
    /// ```
    /// use lessons::scalability::MMc;
    ///
    /// // 1,000 requests per second of 20 ms each are 20 servers' worth of work; to wait 5 ms takes more.
    /// let line = MMc::staffed(1_000.0, 50.0, 0.005)?;
    /// assert_eq!(line.servers(), 23);
    /// # Ok::<(), lessons::scalability::QueueError>(())
    /// ```
    pub fn staffed(arrival_rate: f64, service_rate: f64, mean_wait: f64) -> Result<Self, QueueError> {
        check_rates(arrival_rate, service_rate)?;
        if mean_wait.is_nan() || mean_wait <= 0.0 {
            return Err(QueueError::BadRate(mean_wait));
        }
        let offered = arrival_rate / service_rate;
        let mut blocked = 1.0;
        for servers in 1.. {
            crate::interrupt::checkpoint();
            blocked = next_blocked(blocked, servers, offered);
            if arrival_rate < service_rate * servers as f64 {
                let waits = waiting(blocked, servers, offered);
                let line = Self { arrival_rate, service_rate, servers, waits };
                if line.mean_wait() <= mean_wait {
                    return Ok(line);
                }
            }
        }
        unreachable!("the wait falls towards 0 as servers are added")
    }

    /// How many servers there are.
    pub fn servers(&self) -> usize {
        self.servers
    }

    /// The share of time that a server is busy.
    pub fn utilization(&self) -> f64 {
        self.arrival_rate / (self.service_rate * self.servers as f64)
    }

    /// The share of requests that wait at all.
    pub fn wait_probability(&self) -> f64 {
        self.waits
    }

    /// At what rate the line gets shorter while all servers are busy.
    fn drain_rate(&self) -> f64 {
        self.service_rate * self.servers as f64 - self.arrival_rate
    }

    /// The mean time in line, of all requests: those that need not wait count as 0.
    pub fn mean_wait(&self) -> f64 {
        self.waits / self.drain_rate()
    }

    /// The mean time from arrival to answer.
    pub fn mean_latency(&self) -> f64 {
        self.mean_wait() + 1.0 / self.service_rate
    }

    /// The mean number of requests in line, by Little's law.
    pub fn mean_in_line(&self) -> f64 {
        self.arrival_rate * self.mean_wait()
    }

    /// The mean number of requests in line and in service.
    pub fn mean_in_system(&self) -> f64 {
        self.arrival_rate * self.mean_latency()
    }

    /// The share of requests that wait longer than `time`.
    pub fn wait_exceeds(&self, time: f64) -> f64 {
        self.waits * (-self.drain_rate() * time).exp()
    }

    /// The wait that a share `q` (0 to 1) of the requests does not exceed: 0 for the share that finds a
    /// free server, infinite for all requests.
    pub fn wait_quantile(&self, q: f64) -> f64 {
        if 1.0 - q >= self.waits {
            return 0.0;
        }
        (self.waits / (1.0 - q)).ln() / self.drain_rate()
    }

    /// The share of requests whose latency, wait and service together, is longer than `time`.
    pub fn latency_exceeds(&self, time: f64) -> f64 {
        let (service, drain) = (self.service_rate, self.drain_rate());
        let served = (-service * time).exp();
        // Those that wait: the sum of two exponentials of different rates, or of the same.
        let difference = (drain - service) * time;
        let both = if difference.abs() < 1e-9 {
            served * service * time
        } else {
            // expm1 of a negative number only, so that nothing overflows.
            let (slower, gap) = if difference > 0.0 { (service, difference) } else { (drain, -difference) };
            service * time * (-slower * time).exp() * -(-gap).exp_m1() / gap
        };
        served + self.waits * both
    }

    /// The latency that a share `q` (0 to 1) of the requests does not exceed, to nine digits; infinite
    /// for all requests.
    pub fn latency_quantile(&self, q: f64) -> f64 {
        if q >= 1.0 {
            return f64::INFINITY;
        }
        let mut high = self.mean_latency();
        while self.latency_exceeds(high) > 1.0 - q {
            high *= 2.0;
        }
        let mut low = 0.0;
        for _ in 0..100 {
            let middle = f64::midpoint(low, high);
            if self.latency_exceeds(middle) > 1.0 - q {
                low = middle
            } else {
                high = middle
            }
            if high - low <= 1e-10 * high {
                break;
            }
        }
        high
    }
}

fn check_rates(arrival_rate: f64, service_rate: f64) -> Result<(), QueueError> {
    match [arrival_rate, service_rate].into_iter().find(|rate| !(rate.is_finite() && *rate > 0.0)) {
        Some(bad) => Err(QueueError::BadRate(bad)),
        None => Ok(()),
    }
}

/// About how many servers `offered` work (in servers' worth) takes so that a share `waits` of the requests
/// waits, by the square-root rule: offered + β √offered, where β follows from the share alone. So the spare
/// capacity grows only with the square root of the work. A real number; O(1).
///
/// # Panics
///
/// When `waits` is not between 0 and 1.
///
/// # Sources
///
/// S. Halfin, W. Whitt, "Heavy-Traffic Limits for Queues with Many Exponential Servers", Operations Research
/// 29(3), 1981, doi:10.1287/opre.29.3.567.
///
/// # Examples
///
/// ```
/// use lessons::scalability::square_root_staffing;
///
/// let spare = |offered: f64| square_root_staffing(offered, 0.2) - offered;
/// assert!((spare(10_000.0) / spare(100.0) - 10.0).abs() < 1e-6);
/// ```
pub fn square_root_staffing(offered: f64, waits: f64) -> f64 {
    assert!(waits > 0.0 && waits < 1.0, "a share of requests that wait is between 0 and 1, not {waits}");
    // 1 / (1 + β Φ(β) / φ(β)) falls as β grows.
    let share = |beta: f64| {
        let density = (-beta * beta / 2.0).exp() / std::f64::consts::TAU.sqrt();
        1.0 / (1.0 + beta * crate::stats::normal_tail(-beta) / density)
    };
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if share(middle) > waits { low = middle } else { high = middle }
    }
    offered + high * offered.sqrt()
}

/// The mean wait in front of `servers` servers for any arrival and service times, approximately: that of
/// M/M/c, times half the sum of the two squared coefficients of variation (variance over squared mean: 1
/// for exponential, 0 for constant times). Exact for M/M/c and M/G/1.
///
/// # Errors
///
/// As [`MMc::new`].
///
/// # Sources
///
/// For one server: J. F. C. Kingman, "The Single Server Queue in Heavy Traffic", Mathematical Proceedings of
/// the Cambridge Philosophical Society 57(4), 1961; F. Pollaczek, Mathematische Zeitschrift 32, 1930 (exact
/// with Poisson arrivals). For more: A. O. Allen, "Probability, Statistics, and Queueing Theory", 2nd
/// edition, Academic Press, 1990 (the Allen-Cunneen formula).
///
/// # Examples
///
/// ```
/// use lessons::scalability::general_wait;
///
/// // Constant service times halve the wait.
/// let (exponential, constant) = (general_wait(0.9, 1.0, 1, 1.0, 1.0)?, general_wait(0.9, 1.0, 1, 1.0, 0.0)?);
/// assert_eq!(constant, exponential / 2.0);
/// # Ok::<(), lessons::scalability::QueueError>(())
/// ```
pub fn general_wait(
    arrival_rate: f64,
    service_rate: f64,
    servers: usize,
    arrival_variability: f64,
    service_variability: f64,
) -> Result<f64, QueueError> {
    let exponential = MMc::new(arrival_rate, service_rate, servers)?.mean_wait();
    Ok(exponential * (arrival_variability + service_variability) / 2.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_published_values() {
        // M/M/1: 5, 10 and 20 service times at 80%, 90% and 95%.
        for (utilization, latency) in [(0.8, 5.0), (0.9, 10.0), (0.95, 20.0)] {
            let line = MMc::new(utilization, 1.0, 1).expect("stable");
            assert!((line.mean_latency() - latency).abs() < 1e-9);
            // The latency of M/M/1 is exponential.
            assert!((line.latency_quantile(0.99) / (latency * 100f64.ln()) - 1.0).abs() < 1e-9);
        }
        let ten = MMc::new(9.0, 1.0, 10).expect("stable");
        assert!((ten.wait_probability() - 0.6687).abs() < 1e-4 && (ten.mean_latency() - 1.6687).abs() < 1e-4);
    }

    #[test]
    fn thousands_of_servers_are_no_problem() {
        // With √c servers to spare (β = 1), the share that waits goes to Halfin and Whitt's 0.2234.
        for servers in [100usize, 1_000, 10_000, 100_000] {
            let offered = servers as f64 - (servers as f64).sqrt();
            let share = erlang_c(servers, offered);
            // The correction is of the order 1/√c.
            let slack = 0.2 / (servers as f64).sqrt();
            assert!((share - 0.2234).abs() < slack, "{servers}: {share}");
        }
        let idle = MMc::new(10.0, 1.0, 10_000).expect("stable");
        assert_eq!(idle.mean_wait(), 0.0);
        assert!((idle.latency_quantile(0.5) - 2f64.ln()).abs() < 1e-8);
        let rule = square_root_staffing(9_900.0, 0.2);
        assert!((erlang_c(rule.round() as usize, 9_900.0) - 0.2).abs() < 0.004, "{rule}");
    }

    #[test]
    fn the_two_rates_of_a_latency_may_be_equal() {
        // c - a = 1: both phases of a waiting request have the rate 1.
        let line = MMc::new(3.0, 1.0, 4).expect("stable");
        let near = MMc::new(3.0 + 1e-7, 1.0, 4).expect("stable");
        for time in [0.1, 1.0, 5.0, 50.0] {
            assert!((line.latency_exceeds(time) / near.latency_exceeds(time) - 1.0).abs() < 1e-4, "{time}");
        }
    }

    #[test]
    fn bad_lines_are_refused() {
        assert!(matches!(MMc::new(3.0, 1.0, 3), Err(QueueError::Unstable { .. })));
        assert!(matches!(MMc::new(3.0, 1.0, 0), Err(QueueError::Unstable { .. })));
        assert_eq!(MMc::new(0.0, 1.0, 3), Err(QueueError::BadRate(0.0)));
        assert_eq!(MMc::staffed(1.0, 1.0, 0.0), Err(QueueError::BadRate(0.0)));
    }

    proptest! {
        #[test]
        fn erlang_b_is_the_factorial_formula(servers in 1usize..60, offered in 0.01..100.0f64) {
            // a^c / c! over the sum of a^k / k!, each term from the one before.
            let mut term = 1.0;
            let mut sum = 1.0;
            for k in 1..=servers {
                term *= offered / k as f64;
                sum += term;
            }
            prop_assert!((erlang_b(servers, offered) / (term / sum) - 1.0).abs() < 1e-9);
        }

        #[test]
        fn the_mean_latency_is_the_area_under_its_tail(
            utilization in 0.05..0.95f64, servers in 1usize..40, service_rate in 0.1..10.0f64,
        ) {
            let line = MMc::new(utilization * service_rate * servers as f64, service_rate, servers).expect("stable");
            // Simpson's rule, up to where one request in 10¹² is.
            let end = line.latency_quantile(1.0 - 1e-12);
            let steps = 20_000;
            let width = end / f64::from(steps);
            let weight = |i: i32| if i == 0 || i == steps { 1.0 } else if i % 2 == 1 { 4.0 } else { 2.0 };
            let area: f64 =
                (0..=steps).map(|i| weight(i) * line.latency_exceeds(f64::from(i) * width)).sum::<f64>() * width / 3.0;
            prop_assert!((area / line.mean_latency() - 1.0).abs() < 1e-6, "{area} {}", line.mean_latency());
        }

        #[test]
        fn quantiles_invert_the_tails(utilization in 0.05..0.99f64, servers in 1usize..200, q in 0.0..0.9999f64) {
            let line = MMc::new(utilization * servers as f64, 1.0, servers).expect("stable");
            prop_assert!((line.latency_exceeds(line.latency_quantile(q)) - (1.0 - q)).abs() < 1e-7);
            let wait = line.wait_quantile(q);
            prop_assert!(wait == 0.0 || (line.wait_exceeds(wait) - (1.0 - q)).abs() < 1e-9);
            prop_assert!(wait > 0.0 || line.wait_probability() <= 1.0 - q + 1e-12);
        }

        #[test]
        fn staffing_is_the_least(arrival_rate in 0.1..2_000.0f64, mean_wait in 1e-4..10.0f64) {
            let line = MMc::staffed(arrival_rate, 1.0, mean_wait).expect("an answer");
            prop_assert!(line.mean_wait() <= mean_wait);
            let fewer = MMc::new(arrival_rate, 1.0, line.servers() - 1);
            prop_assert!(fewer.is_err() || fewer.is_ok_and(|fewer| fewer.mean_wait() > mean_wait));
        }
    }
}
