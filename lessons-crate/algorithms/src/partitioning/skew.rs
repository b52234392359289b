//! How uneven the pieces are.

/// How unevenly something is spread over partitions: rows, bytes or requests.
///
/// # Examples
///
/// ```
/// use lessons::partitioning::Skew;
///
/// let even = Skew::of([100, 100, 100, 100]);
/// assert_eq!((even.max_over_mean, even.gini, even.effective), (1.0, 0.0, 4.0));
/// let uneven = Skew::of([400, 0, 0, 0]);
/// assert_eq!((uneven.max_over_mean, uneven.gini, uneven.effective), (4.0, 0.75, 1.0));
/// ```
///
/// # Sources
///
/// C. Gini, "Variabilità e mutabilità", 1912 (the coefficient). E. H. Simpson, "Measurement of Diversity", Nature
/// 163, 1949 (of which the number of effective partitions is the inverse).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Skew {
    /// The largest over the mean: by how much the slowest part is slower than it would be if all were alike.
    pub max_over_mean: f64,
    /// Gini's coefficient: 0 when all are alike, toward 1 when one has all.
    pub gini: f64,
    /// How many partitions of equal size would be as concentrated: (sum x)^2 / sum x^2.
    pub effective: f64,
}

impl Skew {
    /// The skew of these counts; of nothing, that of no partition at all: 1, 0 and 0.
    pub fn of(counts: impl IntoIterator<Item = u64>) -> Self {
        let mut counts: Vec<f64> = counts.into_iter().map(|count| count as f64).collect();
        counts.sort_by(f64::total_cmp);
        let (n, sum) = (counts.len() as f64, counts.iter().sum::<f64>());
        if sum == 0.0 {
            return Self { max_over_mean: 1.0, gini: 0.0, effective: 0.0 };
        }
        let squares: f64 = counts.iter().map(|count| count * count).sum();
        let ranked: f64 = counts.iter().enumerate().map(|(rank, count)| (rank + 1) as f64 * count).sum();
        Self {
            max_over_mean: counts.last().map_or(1.0, |most| most * n / sum),
            gini: 2.0 * ranked / (n * sum) - (n + 1.0) / n,
            effective: sum * sum / squares,
        }
    }
}

/// The largest over the mean that a hash gives `keys` different keys in `partitions`: about 1 + sqrt(2 p ln p / n).
///
/// It is the largest of p nearly normal counts of mean n/p and variance n/p, so it holds where n is much larger than
/// p ln p.
///
/// # Sources
///
/// M. Raab and A. Steger, "Balls into Bins: A Simple and Tight Analysis", RANDOM 1998 (heavily loaded case).
pub fn expected_max_over_mean(keys: u64, partitions: u64) -> f64 {
    let (n, p) = (keys as f64, partitions as f64);
    1.0 + (2.0 * p * p.ln() / n).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partitioning::Scheme;
    use crate::stats;

    #[test]
    fn a_hash_spreads_different_keys_as_theory_says() {
        for partitions in [8_u64, 64] {
            let measured: Vec<f64> = (0..40_i64)
                .map(|round| {
                    let scheme = Scheme::hash(0, partitions);
                    let rows: Vec<_> = (0..4_000).map(|key| [Some(round * 1_000_000 + key)]).collect();
                    Skew::of(scheme.count(rows.iter().map(|row| &row[..])).into_values()).max_over_mean
                })
                .collect();
            let (measured, theory) = (stats::mean(&measured), expected_max_over_mean(4_000, partitions));
            // The bound is that of the limit; with so few partitions the mean of the largest is below it.
            assert!(measured < theory && measured - 1.0 > 0.5 * (theory - 1.0), "{measured} {theory}");
        }
    }

    #[test]
    fn it_does_not_depend_on_order_or_scale() {
        let one = Skew::of([1, 2, 3, 10]);
        let other = Skew::of([100, 30, 10, 20]);
        assert!((one.gini - other.gini).abs() < 1e-12);
        assert!((one.effective - other.effective).abs() < 1e-12);
        assert!((one.max_over_mean - 2.5).abs() < 1e-12);
        assert_eq!(Skew::of([0, 0]), Skew::of([]));
    }
}
