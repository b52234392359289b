//! The two laws of parallel speedup, which ask different questions.

/// Amdahl's law: how many times faster a job of fixed size is on `n` processors, when a share `serial`
/// (0 to 1) of its work cannot be shared out.
///
/// # Sources
///
/// G. M. Amdahl, "Validity of the Single Processor Approach to Achieving Large Scale Computing
/// Capabilities", AFIPS Spring Joint Computer Conference, 1967, doi:10.1145/1465482.1465560. The formula
/// is the usual reading of that text, which has none.
///
/// # Examples
///
/// ```
/// use lessons::scalability::{amdahl, amdahl_limit};
///
/// assert_eq!(amdahl(0.5, 2.0), 1.0 / 0.75);
/// // With 5% serial work, no number of processors gives more than 20 times.
/// assert_eq!(amdahl_limit(0.05), 20.0);
/// ```
pub fn amdahl(serial: f64, n: f64) -> f64 {
    1.0 / (serial + (1.0 - serial) / n)
}

/// What [`amdahl`] comes near to, and never reaches, as processors are added: 1 / serial.
pub fn amdahl_limit(serial: f64) -> f64 {
    1.0 / serial
}

/// Gustafson's law: how many times more work `n` processors do in the same time, when the part that can be
/// shared out grows with them and a share `serial` (0 to 1) of the time on `n` processors is serial.
///
/// The two laws agree when each gets its own share: Amdahl's is a share of the time on one processor,
/// Gustafson's of the time on `n`.
///
/// # Sources
///
/// J. L. Gustafson, "Reevaluating Amdahl's Law", Communications of the ACM 31(5), 1988,
/// doi:10.1145/42411.42415.
///
/// # Examples
///
/// ```
/// use lessons::scalability::gustafson;
///
/// // The largest of the paper's three measurements: 0.4% serial time, 1,024 processors, 1,020 times.
/// assert_eq!(gustafson(0.004, 1_024.0).round(), 1_020.0);
/// ```
pub fn gustafson(serial: f64, n: f64) -> f64 {
    n - serial * (n - 1.0)
}

/// The configuration that outperforms a single thread: the least number of cores among `measured` pairs of
/// cores and seconds whose time is below that of a good single-threaded program. `None` when no
/// configuration gets there: the COST is then unbounded.
///
/// # Sources
///
/// F. McSherry, M. Isard, D. G. Murray, "Scalability! But at what COST?", HotOS XV, USENIX, 2015.
///
/// # Examples
///
/// ```
/// use lessons::scalability::cost;
///
/// // It scales perfectly, from a bad start: 64 cores for what one thread does.
/// let measured = [(1.0, 6_000.0), (16.0, 375.0), (64.0, 94.0)];
/// assert_eq!(cost(&measured, 100.0), Some(64.0));
/// assert_eq!(cost(&measured, 50.0), None);
/// ```
pub fn cost(measured: &[(f64, f64)], single_thread: f64) -> Option<f64> {
    let better = measured.iter().filter(|(_, seconds)| *seconds < single_thread);
    better.map(|&(cores, _)| cores).min_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn amdahl_is_the_time_of_a_simulated_job(serial in 0.0..1.0f64, n in 1u32..2_000) {
            // One unit of work: the serial part on one processor, then the rest in n equal shares.
            let seconds = serial + (0..n).map(|_| (1.0 - serial) / f64::from(n)).fold(0.0, f64::max);
            prop_assert!((amdahl(serial, f64::from(n)) * seconds - 1.0).abs() < 1e-12);
        }

        #[test]
        fn speedup_grows_with_processors_up_to_its_limit(serial in 0.001..1.0f64, n in 1.0..1e6f64) {
            prop_assert!(amdahl(serial, n) <= amdahl(serial, n + 1.0));
            prop_assert!(amdahl(serial, n) <= amdahl_limit(serial).min(n) * (1.0 + 1e-12));
        }

        #[test]
        fn the_two_laws_agree_when_each_gets_its_own_share(serial in 0.0..1.0f64, n in 1.0..1e5f64) {
            // The share of the time on n processors, from the share of the time on one.
            let scaled = serial / (serial + (1.0 - serial) / n);
            let (fixed_job, grown_job) = (amdahl(serial, n), gustafson(scaled, n));
            prop_assert!((fixed_job / grown_job - 1.0).abs() < 1e-9, "{fixed_job} {grown_job}");
        }
    }
}
