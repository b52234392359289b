//! The universal scalability law.

mod fit;

pub use fit::{FitError, UslFit};

/// The universal scalability law: throughput at concurrency `n` (users, threads, nodes) is
/// γ n / (1 + α (n − 1) + β n (n − 1)).
///
/// Contention alone (β = 0) is Amdahl's law with α as the serial share: throughput levels off. Coherency
/// makes it fall, because every pair of the `n` has something to agree on.
///
/// # Sources
///
/// N. J. Gunther, "A Simple Capacity Model of Massively Parallel Transaction Systems", CMG Conference,
/// 1993; N. J. Gunther, "Guerrilla Capacity Planning", Springer, 2007, chapter 4 (where α and β are called
/// σ and κ).
///
/// # Examples
///
/// ```
/// use lessons::scalability::Usl;
///
/// let usl = Usl { gamma: 950.0, alpha: 0.03, beta: 0.0005 };
/// let peak = usl.peak().expect("it falls in the end");
/// assert_eq!(peak.round(), 44.0);
/// assert!(usl.throughput(128.0) < usl.throughput(peak));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usl {
    /// γ: throughput at a concurrency of 1, per unit of time.
    pub gamma: f64,
    /// α: contention, the share of the work that only one at a time can do.
    pub alpha: f64,
    /// β: coherency, the cost of bringing one pair to the same state, as a share of the work.
    pub beta: f64,
}

impl Usl {
    /// Fits the law to measured pairs of concurrency and throughput. O(points).
    ///
    /// Minimizes the squares of relative errors, since throughput varies in percent, with α and β not below
    /// 0. γ is fitted too: to take the measurement at 1 for it would give one noisy point all the weight.
    ///
    /// # Errors
    ///
    /// When fewer than three different concurrencies were measured, or a number is not finite and positive,
    /// or a concurrency is below 1.
    ///
    /// # Examples
    ///
    /// ```
    /// use lessons::scalability::Usl;
    ///
    /// let measured = [(1.0, 955.0), (4.0, 3_470.0), (16.0, 9_690.0), (64.0, 12_420.0)];
    /// let fit = Usl::fit(&measured)?;
    /// assert!(fit.r_squared > 0.99);
    /// assert!(fit.usl.peak().is_some_and(|peak| (30.0..60.0).contains(&peak)));
    /// # Ok::<(), lessons::scalability::FitError>(())
    /// ```
    pub fn fit(measured: &[(f64, f64)]) -> Result<UslFit, FitError> {
        fit::fit(measured)
    }

    /// Throughput at concurrency `n`, in the unit of γ.
    pub fn throughput(&self, n: f64) -> f64 {
        self.gamma * n / self.slowdown(n)
    }

    /// The mean latency at concurrency `n`, by Little's law: n / throughput.
    pub fn latency(&self, n: f64) -> f64 {
        self.slowdown(n) / self.gamma
    }

    /// How many times longer the work of one takes at concurrency `n`: the denominator of the law.
    fn slowdown(&self, n: f64) -> f64 {
        1.0 + self.alpha * (n - 1.0) + self.beta * n * (n - 1.0)
    }

    /// The concurrency of the highest throughput, √((1 − α) / β), as a real number of at least 1. `None`
    /// when throughput never falls: without coherency cost there is no peak.
    pub fn peak(&self) -> Option<f64> {
        if self.alpha >= 1.0 {
            // Already the second one costs more than it brings.
            return Some(1.0);
        }
        (self.beta > 0.0).then(|| ((1.0 - self.alpha) / self.beta).sqrt().max(1.0))
    }

    /// What throughput comes near to without coherency cost, γ / α; `None` when α is 0 (no limit) or β is
    /// not (a [`peak`](Usl::peak) instead).
    pub fn asymptote(&self) -> Option<f64> {
        (self.beta == 0.0 && self.alpha > 0.0).then(|| self.gamma / self.alpha)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scalability::amdahl;

    #[test]
    fn the_reference_system() {
        let usl = Usl { gamma: 1.0, alpha: 0.03, beta: 0.0005 };
        let peak = usl.peak().expect("a peak");
        assert!((peak - 44.045).abs() < 1e-3, "{peak}");
        assert!((usl.throughput(44.0) - 13.597).abs() < 1e-3, "{}", usl.throughput(44.0));
        assert!((usl.throughput(128.0) - 9.893).abs() < 1e-3, "{}", usl.throughput(128.0));
    }

    proptest! {
        #[test]
        fn without_coherency_it_is_amdahl(alpha in 0.0..1.0f64, n in 1.0..1e6f64) {
            let usl = Usl { gamma: 1.0, alpha, beta: 0.0 };
            prop_assert!((usl.throughput(n) / amdahl(alpha, n) - 1.0).abs() < 1e-9);
            prop_assert_eq!(usl.peak(), None);
        }

        #[test]
        fn throughput_is_highest_at_the_peak(alpha in 0.0..1.5f64, beta in 1e-7..1.0f64, n in 1.0..1e4f64) {
            let usl = Usl { gamma: 7.0, alpha, beta };
            let peak = usl.peak().expect("a peak");
            prop_assert!(usl.throughput(n) <= usl.throughput(peak) * (1.0 + 1e-12));
        }

        #[test]
        fn latency_and_throughput_obey_littles_law(alpha in 0.0..1.0f64, beta in 0.0..0.1f64, n in 1.0..1e4f64) {
            let usl = Usl { gamma: 3.0, alpha, beta };
            prop_assert!((usl.latency(n) * usl.throughput(n) / n - 1.0).abs() < 1e-12);
        }
    }
}
