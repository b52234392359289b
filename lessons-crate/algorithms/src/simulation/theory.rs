//! What queueing theory says about the cluster, in mean service times.

use crate::scalability::erlang_c;

/// The mean latency of one backend that gets Poisson arrivals and serves exponential times: M/M/1.
///
/// This is what [`Random`](crate::load_balancer::Random) does to each backend.
pub fn mm1(utilization: f64) -> f64 {
    1.0 / (1.0 - utilization)
}

/// The mean latency of one backend with Poisson arrivals and any service times whose variance, divided by
/// the square of their mean, is `variability`: M/G/1. It is 1 for exponential times and 0 for constant ones.
///
/// # Sources
///
/// F. Pollaczek, Mathematische Zeitschrift 32, 1930, doi:10.1007/BF01194620; A. Khinchin, 1932.
pub fn mg1(utilization: f64, variability: f64) -> f64 {
    1.0 + utilization / (1.0 - utilization) * (1.0 + variability) / 2.0
}

/// The mean latency of `servers` backends that take from one common queue: M/M/n. No policy that must
/// choose at arrival, and knows no service times, is faster. For rates, quantiles and more see
/// [`MMc`](crate::scalability::MMc).
pub fn common_queue(servers: u32, utilization: f64) -> f64 {
    let servers = servers as usize;
    let waits = erlang_c(servers, servers as f64 * utilization);
    1.0 + waits / (servers as f64 * (1.0 - utilization))
}

/// The mean latency with `choices` random choices in a very large cluster:
/// the sum over i = 1, 2, ... of λ^((dⁱ − d) / (d − 1)).
///
/// # Sources
///
/// M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE TPDS 12(10), 2001,
/// doi:10.1109/71.963420.
pub fn choices(choices: u32, utilization: f64) -> f64 {
    if choices == 1 {
        return mm1(utilization);
    }
    let d = f64::from(choices);
    let term = |i: i32| utilization.powf((d.powi(i) - d) / (d - 1.0));
    (1..).map(term).take_while(|&term| term > 1e-12).sum()
}

/// About how full the fullest of `n` bins gets with one choice: ln n / ln ln n, to the leading order.
pub fn one_choice_max_load(n: f64) -> f64 {
    n.ln() / n.ln().ln()
}

/// About how full the fullest of `n` bins gets with `choices` of 2 or more: ln ln n / ln d, up to a
/// constant.
///
/// # Sources
///
/// Y. Azar et al., "Balanced Allocations", SIAM Journal on Computing 29(1), 1999,
/// doi:10.1137/S0097539795288490.
pub fn choices_max_load(n: f64, choices: u32) -> f64 {
    n.ln().ln() / f64::from(choices).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formulas_give_their_published_values() {
        // The table of Mitzenmacher 2001 for two choices: 2.6141 at 0.9 and 5.4320 at 0.99.
        assert!((choices(2, 0.9) - 2.6141).abs() < 1e-4);
        assert!((choices(2, 0.99) - 5.4320).abs() < 1e-3);
        assert_eq!(choices(1, 0.5), 2.0);
        assert!((common_queue(10, 0.9) - 1.6687).abs() < 1e-3);
        assert!((common_queue(1, 0.8) - mm1(0.8)).abs() < 1e-9);
        assert!((mg1(0.9, 1.0) - mm1(0.9)).abs() < 1e-9);
    }
}
