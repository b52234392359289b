//! Fitting the universal scalability law.
//!
//! In logarithms the law is ln γ + ln n − ln(1 + α (n − 1) + β n (n − 1)), and the noise of a benchmark,
//! a few percent of any value, is the same everywhere. This is a least-squares problem with three unknowns,
//! solved by Gauss and Newton's method. A start near the solution comes from the reciprocal: n / throughput
//! is linear in 1/γ, α/γ and β/γ, so one linear system gives it.

use super::Usl;

/// The most steps of the iteration; it needs fewer than ten on data that the law describes.
const STEPS: usize = 60;

/// 95% of normal draws are within so many standard deviations.
const Z_95: f64 = 1.96;

/// Why no law could be fitted.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum FitError {
    /// The curve has three unknowns.
    #[error(
        "{0} different concurrencies were measured, and the law has three coefficients: measure at three or more, better at six"
    )]
    TooFewConcurrencies(usize),
    /// A number that cannot be a measurement.
    #[error(
        "the point ({concurrency}, {throughput}) cannot be fitted: a concurrency is at least 1, a throughput above 0, and both are finite; leave failed runs out"
    )]
    BadPoint {
        /// The first number of the pair.
        concurrency: f64,
        /// The second number of the pair.
        throughput: f64,
    },
}

/// A fitted law, and how well it fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UslFit {
    /// The law.
    pub usl: Usl,
    /// The share of the variance of throughput that the law explains; at most 1. Near 1 does not prove the
    /// law: look at the residuals too.
    pub r_squared: f64,
    /// The noise that is left: the standard deviation of relative errors (0.02 is 2%). NaN for three points.
    pub noise: f64,
    /// The standard errors of γ, α and β; 0 for one that the constraint holds at 0.
    pub standard_errors: [f64; 3],
    /// The covariance of ln γ, α and β.
    covariance: Matrix,
}

impl UslFit {
    /// Between which two throughputs the law lies at concurrency `n` with 95% confidence, at this `n` alone.
    /// Far from the measured points the band is wide, and says how little they tell there.
    pub fn band(&self, n: f64) -> (f64, f64) {
        let gradient = gradient(&self.usl, n);
        let variance: f64 = (0..3)
            .flat_map(|i| (0..3).map(move |j| (i, j)))
            .map(|(i, j)| gradient[i] * self.covariance[i][j] * gradient[j])
            .sum();
        let factor = (Z_95 * variance.sqrt()).exp();
        let center = self.usl.throughput(n);
        (center / factor, center * factor)
    }
}

type Vector = [f64; 3];
type Matrix = [Vector; 3];

pub(super) fn fit(measured: &[(f64, f64)]) -> Result<UslFit, FitError> {
    for &(concurrency, throughput) in measured {
        let good =
            concurrency >= 1.0 && throughput > 0.0 && concurrency.is_finite() && throughput.is_finite();
        if !good {
            return Err(FitError::BadPoint { concurrency, throughput });
        }
    }
    let mut different: Vec<f64> = measured.iter().map(|&(n, _)| n).collect();
    different.sort_unstable_by(f64::total_cmp);
    different.dedup();
    if different.len() < 3 {
        return Err(FitError::TooFewConcurrencies(different.len()));
    }
    // The constraints hold none, one or both of α and β at 0; the best of those fits that obey them wins.
    // The last one, a straight line, always does.
    let candidates = [[true, true, true], [true, false, true], [true, true, false], [true, false, false]];
    let (free, usl) = candidates
        .into_iter()
        .map(|free| (free, refine(measured, free, start(measured, free))))
        .filter(|(_, usl)| usl.alpha >= 0.0 && usl.beta >= 0.0)
        .min_by(|(_, a), (_, b)| squares(measured, a).total_cmp(&squares(measured, b)))
        .expect("a straight line has no negative coefficient");
    Ok(describe(measured, free, usl))
}

/// How ln throughput changes with ln γ, α and β.
fn gradient(usl: &Usl, n: f64) -> Vector {
    let slowdown = usl.slowdown(n);
    [1.0, -(n - 1.0) / slowdown, -n * (n - 1.0) / slowdown]
}

/// The sum of squared relative errors; infinite where the law gives no throughput at all.
fn squares(measured: &[(f64, f64)], usl: &Usl) -> f64 {
    let square = |&(n, throughput): &(f64, f64)| {
        let predicted = usl.throughput(n);
        if predicted > 0.0 { (throughput / predicted).ln().powi(2) } else { f64::INFINITY }
    };
    measured.iter().map(square).sum()
}

/// The linear fit of n / throughput, with relative weights.
fn start(measured: &[(f64, f64)], free: [bool; 3]) -> Usl {
    let mut normal = Normal::default();
    for &(n, throughput) in measured {
        let weight = throughput / n;
        normal.add([weight, weight * (n - 1.0), weight * n * (n - 1.0)], 1.0);
    }
    let [reciprocal, alpha, beta] = normal.solve(free);
    let usl = Usl { gamma: 1.0 / reciprocal, alpha: alpha / reciprocal, beta: beta / reciprocal };
    if squares(measured, &usl).is_finite() {
        return usl;
    }
    // Very noisy points: any law that is positive everywhere will do.
    Usl { gamma: measured.iter().map(|&(n, x)| x / n).fold(0.0, f64::max), alpha: 0.0, beta: 0.0 }
}

/// Gauss and Newton's steps, halved until they lead down.
fn refine(measured: &[(f64, f64)], free: [bool; 3], start: Usl) -> Usl {
    let mut usl = start;
    let mut error = squares(measured, &usl);
    for _ in 0..STEPS {
        let mut normal = Normal::default();
        for &(n, throughput) in measured {
            normal.add(gradient(&usl, n), (throughput / usl.throughput(n)).ln());
        }
        let step = normal.solve(free);
        let better = (0..30).map(|halvings| 0.5f64.powi(halvings)).find_map(|length| {
            let next = Usl {
                gamma: usl.gamma * (length * step[0]).exp(),
                alpha: usl.alpha + length * step[1],
                beta: usl.beta + length * step[2],
            };
            let next_error = squares(measured, &next);
            (next_error < error).then_some((next, next_error))
        });
        // No step leads down: what is left is rounding.
        let Some((next, next_error)) = better else { break };
        (usl, error) = (next, next_error);
    }
    usl
}

fn describe(measured: &[(f64, f64)], free: [bool; 3], usl: Usl) -> UslFit {
    let mut normal = Normal::default();
    for &(n, _) in measured {
        normal.add(gradient(&usl, n), 0.0);
    }
    let unknowns = free.iter().filter(|free| **free).count();
    let variance = squares(measured, &usl) / (measured.len() - unknowns) as f64;
    let mut covariance = normal.inverse(free);
    covariance.as_flattened_mut().iter_mut().for_each(|value| *value *= variance);
    let mean = measured.iter().map(|&(_, x)| x).sum::<f64>() / measured.len() as f64;
    let unexplained: f64 = measured.iter().map(|&(n, x)| (x - usl.throughput(n)).powi(2)).sum();
    let total: f64 = measured.iter().map(|&(_, x)| (x - mean).powi(2)).sum();
    UslFit {
        usl,
        r_squared: 1.0 - unexplained / total,
        noise: variance.sqrt(),
        standard_errors: [
            usl.gamma * covariance[0][0].sqrt(),
            covariance[1][1].sqrt(),
            covariance[2][2].sqrt(),
        ],
        covariance,
    }
}

/// The normal equations of a linear least-squares problem in three unknowns.
#[derive(Clone, Copy, Debug, Default)]
struct Normal {
    matrix: Matrix,
    right: Vector,
}

impl Normal {
    /// One more equation: `row` times the unknowns should be `value`.
    fn add(&mut self, row: Vector, value: f64) {
        for i in 0..3 {
            self.right[i] += row[i] * value;
            for j in 0..3 {
                self.matrix[i][j] += row[i] * row[j];
            }
        }
    }

    /// The unknowns; those that are not free are 0.
    fn solve(&self, free: [bool; 3]) -> Vector {
        let inverse = self.inverse(free);
        std::array::from_fn(|i| (0..3).map(|j| inverse[i][j] * self.right[j]).sum())
    }

    /// The inverse over the free unknowns, and 0 elsewhere. By Gauss and Jordan's method without pivoting,
    /// which is stable for a symmetric positive definite matrix.
    fn inverse(&self, free: [bool; 3]) -> Matrix {
        // Scaled to ones on the diagonal: n (n - 1) is thousands of times larger than 1.
        let scale: Vector =
            std::array::from_fn(|i| if free[i] { 1.0 / self.matrix[i][i].sqrt() } else { 0.0 });
        let mut left: Matrix = std::array::from_fn(|i| {
            std::array::from_fn(|j| if free[i] { self.matrix[i][j] * scale[i] * scale[j] } else { 0.0 })
        });
        let mut right = Matrix::default();
        for i in (0..3).filter(|&i| free[i]) {
            right[i][i] = 1.0;
        }
        for pivot in (0..3).filter(|&i| free[i]) {
            let divisor = left[pivot][pivot];
            left[pivot].iter_mut().chain(&mut right[pivot]).for_each(|value| *value /= divisor);
            for row in (0..3).filter(|&row| row != pivot && free[row]) {
                let factor = left[row][pivot];
                for column in 0..3 {
                    left[row][column] -= factor * left[pivot][column];
                    right[row][column] -= factor * right[pivot][column];
                }
            }
        }
        std::array::from_fn(|i| std::array::from_fn(|j| right[i][j] * scale[i] * scale[j]))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rng::Rng;

    const LEVELS: [f64; 12] = [1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0, 96.0, 128.0];

    /// Five runs at each level, with relative noise.
    fn runs(usl: &Usl, noise: f64, seed: u64) -> Vec<(f64, f64)> {
        let mut rng = Rng::new(seed);
        let levels = LEVELS.iter().flat_map(|&n| [n; 5]);
        levels.map(|n| (n, usl.throughput(n) * (1.0 + noise * rng.standard_normal()))).collect()
    }

    #[test]
    fn the_standard_errors_are_those_of_many_fits() {
        let truth = Usl { gamma: 950.0, alpha: 0.03, beta: 0.0005 };
        let fits: Vec<UslFit> =
            (0..1_000).map(|seed| Usl::fit(&runs(&truth, 0.02, seed)).expect("a fit")).collect();
        let coefficients = |fit: &UslFit| [fit.usl.gamma, fit.usl.alpha, fit.usl.beta];
        for (i, expected) in [950.0, 0.03, 0.0005].into_iter().enumerate() {
            let values: Vec<f64> = fits.iter().map(|fit| coefficients(fit)[i]).collect();
            let spread = crate::stats::standard_deviation(&values);
            let claimed =
                crate::stats::mean(&fits.iter().map(|fit| fit.standard_errors[i]).collect::<Vec<_>>());
            // A standard deviation from 1,000 values is itself off by 1/√2000 = 2.2%: four of these.
            assert!((claimed / spread - 1.0).abs() < 0.09, "{i}: {claimed} {spread}");
            // And the mean of 1,000 fits is the truth, up to four of its errors.
            let off = crate::stats::mean(&values) - expected;
            assert!(off.abs() < 4.0 * spread / 1_000f64.sqrt(), "{i}: {off}");
        }
        // The band holds the truth at one concurrency in 95 of 100 cases: binomial, four errors wide.
        for n in [1.0, 44.0, 128.0] {
            let holds = |fit: &&UslFit| (fit.band(n).0..=fit.band(n).1).contains(&truth.throughput(n));
            let share = fits.iter().filter(holds).count() as f64 / 1_000.0;
            assert!((share - 0.95).abs() < 4.0 * crate::stats::proportion_error(0.95, 1_000), "{n}: {share}");
        }
        let peak_error = |fit: &UslFit| (fit.usl.peak().expect("a peak") / 44.045 - 1.0).abs();
        assert!(fits.iter().all(|fit| peak_error(fit) < 0.1 && fit.r_squared > 0.98));
    }

    #[test]
    fn no_other_law_fits_better() {
        let truth = Usl { gamma: 950.0, alpha: 0.03, beta: 0.0005 };
        let measured = runs(&truth, 0.05, 1);
        let best = Usl::fit(&measured).expect("a fit").usl;
        for (gamma, alpha, beta) in
            [(1.001, 1.0, 1.0), (1.0, 1.01, 1.0), (1.0, 1.0, 1.01), (0.999, 0.99, 0.99)]
        {
            let other = Usl { gamma: best.gamma * gamma, alpha: best.alpha * alpha, beta: best.beta * beta };
            assert!(squares(&measured, &other) > squares(&measured, &best));
        }
    }

    #[test]
    fn noise_around_a_straight_line_gives_no_negative_coefficient() {
        let line = Usl { gamma: 100.0, alpha: 0.0, beta: 0.0 };
        let fits: Vec<Usl> =
            (0..200).map(|seed| Usl::fit(&runs(&line, 0.02, seed)).expect("a fit").usl).collect();
        assert!(fits.iter().all(|usl| usl.alpha >= 0.0 && usl.beta >= 0.0));
        // About half of the unconstrained fits would have a negative coefficient, so both cases occur.
        assert!(fits.iter().any(|usl| usl.beta == 0.0) && fits.iter().any(|usl| usl.beta > 0.0));
        // Faster than a straight line: held at it.
        let superlinear: Vec<_> = LEVELS.iter().map(|&n| (n, 100.0 * n.powf(1.2))).collect();
        let usl = Usl::fit(&superlinear).expect("a fit").usl;
        assert_eq!((usl.alpha, usl.beta), (0.0, 0.0));
    }

    #[test]
    fn what_cannot_be_fitted_is_refused() {
        let twice = [(1.0, 10.0), (2.0, 19.0), (2.0, 18.0), (1.0, 11.0)];
        assert_eq!(Usl::fit(&twice), Err(FitError::TooFewConcurrencies(2)));
        assert_eq!(Usl::fit(&[]), Err(FitError::TooFewConcurrencies(0)));
        for bad in [(0.5, 10.0), (4.0, 0.0), (4.0, f64::NAN), (f64::INFINITY, 1.0)] {
            let measured = [(1.0, 10.0), (2.0, 19.0), bad];
            assert!(matches!(Usl::fit(&measured), Err(FitError::BadPoint { .. })), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn exact_points_give_the_coefficients_back(
            gamma in 0.1..1e5f64, alpha in 0.0..0.9f64, beta in 0.0..0.05f64,
        ) {
            let truth = Usl { gamma, alpha, beta };
            let fit = Usl::fit(&runs(&truth, 0.0, 0)).expect("a fit");
            prop_assert!((fit.usl.gamma / gamma - 1.0).abs() < 1e-6, "{:?}", fit);
            prop_assert!((fit.usl.alpha - alpha).abs() < 1e-6, "{:?}", fit);
            prop_assert!((fit.usl.beta - beta).abs() < 1e-6, "{:?}", fit);
            prop_assert!(fit.r_squared > 1.0 - 1e-9);
        }
    }
}
