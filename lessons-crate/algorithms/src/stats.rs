//! The few statistics that the lessons print: means, quantiles, and whether a count fits a theory.

use std::fmt;

/// The arithmetic mean; NaN when there are no values.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The sample standard deviation (divided by n - 1), in the unit of the values; NaN below two values.
pub fn standard_deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len() as f64 - 1.0)).sqrt()
}

/// The value below which a share `q` (0 to 1) of the values lies, interpolated between neighbors.
///
/// Sorts a copy: O(n log n). NaN when there are no values. Source: R. J. Hyndman, Y. Fan, "Sample
/// Quantiles in Statistical Packages", The American Statistician 50(4), 1996 (definition 7).
pub fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    quantile_of_sorted(&sorted, q)
}

/// As [`quantile`], of values that are already in ascending order: O(1).
pub fn quantile_of_sorted(sorted: &[f64], q: f64) -> f64 {
    if sorted.is_empty() {
        return f64::NAN;
    }
    let position = q.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[position.floor() as usize], sorted[position.ceil() as usize]);
    below + (above - below) * position.fract()
}

/// Mean, quantiles and maximum of some values, all in the unit of the values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// How many values.
    pub count: usize,
    /// The arithmetic mean.
    pub mean: f64,
    /// The median.
    pub p50: f64,
    /// One value in ten is above.
    pub p90: f64,
    /// One value in a hundred is above.
    pub p99: f64,
    /// The largest.
    pub max: f64,
}

impl Summary {
    /// Summarizes the values; everything but the count is NaN when there are none. O(n log n).
    pub fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        Self {
            count: sorted.len(),
            mean: mean(&sorted),
            p50: quantile_of_sorted(&sorted, 0.50),
            p90: quantile_of_sorted(&sorted, 0.90),
            p99: quantile_of_sorted(&sorted, 0.99),
            max: sorted.last().copied().unwrap_or(f64::NAN),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "mean {:.2}, p50 {:.2}, p90 {:.2}, p99 {:.2}, max {:.2} ({} values)",
            self.mean, self.p50, self.p90, self.p99, self.max, self.count
        )
    }
}

/// The standard error of a measured proportion: how far off `trials` tries of probability `p` typically
/// are. Four times this is a bound that chance alone crosses once in 16,000 runs.
pub fn proportion_error(p: f64, trials: u64) -> f64 {
    (p * (1.0 - p) / trials as f64).sqrt()
}

/// The chi-square statistic: how far observed counts lie from the expected ones. Near the number of
/// cells minus one when the theory holds.
///
/// # Panics
///
/// When the two slices differ in length.
pub fn chi_square(observed: &[u64], expected: &[f64]) -> f64 {
    assert_eq!(observed.len(), expected.len(), "one expected count per observed one");
    observed.iter().zip(expected).map(|(&seen, &hoped)| (seen as f64 - hoped).powi(2) / hoped).sum()
}

/// The chance that counts of the expected theory lie at least this far from it; below 0.001 the theory
/// is doubtful. With the approximation of E. B. Wilson and M. M. Hilferty (PNAS 17(12), 1931).
///
/// # Panics
///
/// When the two slices differ in length, or have less than two cells.
pub fn chi_square_p_value(observed: &[u64], expected: &[f64]) -> f64 {
    assert!(observed.len() > 1, "a chi-square test needs two cells or more");
    let freedom = (observed.len() - 1) as f64;
    let spread = 2.0 / (9.0 * freedom);
    let cube_root = (chi_square(observed, expected) / freedom).cbrt();
    normal_tail((cube_root - (1.0 - spread)) / spread.sqrt())
}

/// The chance that a standard normal variable is above `z`, to seven digits.
/// Source: M. Abramowitz, I. A. Stegun, "Handbook of Mathematical Functions", 1964, formula 26.2.17.
pub fn normal_tail(z: f64) -> f64 {
    if z < 0.0 {
        return 1.0 - normal_tail(-z);
    }
    const COEFFICIENTS: [f64; 5] =
        [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let polynomial = COEFFICIENTS.iter().rev().fold(0.0, |sum, c| (sum + c) * t);
    polynomial * (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate() {
        let values = [4.0, 1.0, 3.0, 2.0];
        for (q, expected) in [(0.0, 1.0), (0.5, 2.5), (1.0, 4.0), (1.0 / 3.0, 2.0)] {
            assert!((quantile(&values, q) - expected).abs() < 1e-12, "q = {q}");
        }
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn a_summary_of_one_to_a_hundred() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        let summary = Summary::of(&values);
        assert_eq!((summary.count, summary.mean, summary.max), (100, 50.5, 100.0));
        assert!((summary.p99 - 99.01).abs() < 1e-9);
        assert!((standard_deviation(&values) - 29.011_491_975_882).abs() < 1e-9);
    }

    #[test]
    fn tails_match_the_tables() {
        for (z, expected) in [(0.0, 0.5), (1.644_854, 0.05), (3.0, 0.001_349_898), (-1.0, 0.841_344_7)] {
            assert!((normal_tail(z) - expected).abs() < 1e-6, "z = {z}");
        }
        // The 5% point of chi-square with 9 degrees of freedom is 16.919.
        let expected = [100.0; 10];
        let mut observed = [100u64; 10];
        observed[0] = 139;
        observed[1] = 86;
        let statistic = chi_square(&observed, &expected);
        assert!((statistic - 17.17).abs() < 1e-9);
        assert!((chi_square_p_value(&observed, &expected) - 0.046).abs() < 0.002);
    }
}
