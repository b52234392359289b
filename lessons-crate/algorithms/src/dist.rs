//! Random variables of the lessons: service times, popularity of keys.
//!
//! | type | shape | models |
//! |---|---|---|
//! | [`Constant`] | always the same | a fixed amount of work |
//! | [`Exponential`] | memoryless | arrivals; classic queueing theory |
//! | [`Bimodal`] | mostly short, rarely long | cache hit or miss, one slow query in a hundred |
//! | [`LogNormal`] | skewed, moderate tail | response times as measured in practice |
//! | [`Pareto`] | heavy tail | file sizes, job lengths |
//! | [`Weighted`] | any shares | which of a few things |
//! | [`Zipf`] | rank and popularity | which key is asked for |

use crate::rng::Rng;

/// A positive random variable. The unit (seconds, service units) is the caller's.
pub trait Distribution {
    /// One draw.
    fn sample(&self, rng: &mut Rng) -> f64;
    /// The expected value, in the unit of the draws; may be infinite.
    fn mean(&self) -> f64;
}

/// Always the same value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constant(pub f64);

impl Distribution for Constant {
    fn sample(&self, _: &mut Rng) -> f64 {
        self.0
    }
    fn mean(&self) -> f64 {
        self.0
    }
}

/// Memoryless, with this mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponential(pub f64);

impl Distribution for Exponential {
    fn sample(&self, rng: &mut Rng) -> f64 {
        rng.exponential(self.0)
    }
    fn mean(&self) -> f64 {
        self.0
    }
}

/// One of two values: `long` with probability `long_share`, else `short`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bimodal {
    /// The usual value.
    pub short: f64,
    /// The rare value.
    pub long: f64,
    /// How often the rare value comes: a probability from 0 to 1.
    pub long_share: f64,
}

impl Bimodal {
    /// `long` with probability `long_share`, else `short`.
    pub fn new(short: f64, long: f64, long_share: f64) -> Self {
        Self { short, long, long_share }
    }
}

impl Distribution for Bimodal {
    fn sample(&self, rng: &mut Rng) -> f64 {
        if rng.chance(self.long_share) { self.long } else { self.short }
    }
    fn mean(&self) -> f64 {
        self.long_share * self.long + (1.0 - self.long_share) * self.short
    }
}

/// The exponential of a normal variable: most draws are near the median, a few are many times larger.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogNormal {
    /// Half the draws are below this value.
    pub median: f64,
    /// Standard deviation of the logarithm; 0.5 is mild, 2 is wild.
    pub sigma: f64,
}

impl LogNormal {
    /// The variable with this mean: the median follows from it and from `sigma`.
    pub fn with_mean(mean: f64, sigma: f64) -> Self {
        Self { median: mean / (sigma * sigma / 2.0).exp(), sigma }
    }
}

impl Distribution for LogNormal {
    fn sample(&self, rng: &mut Rng) -> f64 {
        self.median * (self.sigma * rng.standard_normal()).exp()
    }
    fn mean(&self) -> f64 {
        self.median * (self.sigma * self.sigma / 2.0).exp()
    }
}

/// A heavy tail: the chance to exceed `x` falls only like `x` to the power of minus `shape`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pareto {
    /// The smallest value.
    pub minimum: f64,
    /// The tail exponent: at 2 or less the variance is infinite, at 1 or less the mean is too.
    pub shape: f64,
}

impl Distribution for Pareto {
    fn sample(&self, rng: &mut Rng) -> f64 {
        self.minimum / (1.0 - rng.next_f64()).powf(1.0 / self.shape)
    }
    fn mean(&self) -> f64 {
        if self.shape <= 1.0 { f64::INFINITY } else { self.shape * self.minimum / (self.shape - 1.0) }
    }
}

/// An index, drawn with probability in proportion to its weight.
///
/// Draws cost O(1) with the alias method; building costs O(n) time and 16 bytes per index.
///
/// # Sources
///
/// M. D. Vose, "A Linear Algorithm for Generating Random Numbers with a Given Distribution", IEEE TSE
/// 17(9), 1991, doi:10.1109/32.92917.
#[derive(Clone, Debug)]
pub struct Weighted {
    /// Chance to keep the drawn column; otherwise its alias is taken.
    keep: Vec<f64>,
    alias: Vec<usize>,
}

impl Weighted {
    /// One index per weight; an index of weight 0 is never drawn.
    ///
    /// # Panics
    ///
    /// When a weight is negative or not finite, or none is above 0.
    pub fn new(weights: &[f64]) -> Self {
        assert!(weights.iter().all(|w| w.is_finite() && *w >= 0.0), "a weight is finite and at least 0");
        let total: f64 = weights.iter().sum();
        assert!(total > 0.0, "one weight must be above 0");
        let n = weights.len();
        let mut keep: Vec<f64> = weights.iter().map(|w| w * n as f64 / total).collect();
        let mut alias: Vec<usize> = (0..n).collect();
        // Each underfull column is topped up by exactly one overfull column.
        let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..n).partition(|&i| keep[i] < 1.0);
        while let (Some(poor), Some(&rich)) = (small.pop(), large.last()) {
            alias[poor] = rich;
            keep[rich] -= 1.0 - keep[poor];
            if keep[rich] < 1.0 {
                large.pop();
                small.push(rich);
            }
        }
        Self { keep, alias }
    }

    /// One draw: an index below the number of weights.
    #[inline]
    pub fn sample(&self, rng: &mut Rng) -> usize {
        let column = rng.index(self.keep.len());
        if rng.next_f64() < self.keep[column] { column } else { self.alias[column] }
    }
}

/// Popularity by rank: item `i` (from 0) is drawn with probability proportional to 1 / (i + 1)^alpha.
///
/// Draws cost O(1), building O(n): see [`Weighted`].
///
/// # Sources
///
/// L. Breslau et al., "Web Caching and Zipf-like Distributions", INFOCOM 1999,
/// doi:10.1109/INFCOM.1999.749260.
#[derive(Clone, Debug)]
pub struct Zipf {
    ranks: Weighted,
    /// Sum of the weights, for [`Zipf::probability`].
    total: f64,
    alpha: f64,
}

impl Zipf {
    /// Over `n` items; `alpha` 0 is uniform, 1 is the classic law, web traffic is at 0.6 to 1.2.
    ///
    /// # Panics
    ///
    /// When `n` is 0, or `alpha` is negative or not a number.
    pub fn new(n: usize, alpha: f64) -> Self {
        assert!(n > 0, "Zipf needs at least one item");
        assert!(alpha >= 0.0, "Zipf needs an alpha of 0 or more, not {alpha}");
        let weights: Vec<f64> = (1..=n).map(|rank| (rank as f64).powf(-alpha)).collect();
        Self { ranks: Weighted::new(&weights), total: weights.iter().sum(), alpha }
    }

    /// The rank of one draw, from 0 (the most popular) up to, not including, `n`.
    #[inline]
    pub fn sample(&self, rng: &mut Rng) -> usize {
        self.ranks.sample(rng)
    }

    /// The probability of the item of this rank (from 0).
    pub fn probability(&self, rank: usize) -> f64 {
        ((rank + 1) as f64).powf(-self.alpha) / self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::chi_square_p_value;

    #[test]
    fn draws_have_the_stated_mean() {
        let cases: [(&str, &dyn Distribution); 5] = [
            ("constant", &Constant(2.0)),
            ("exponential", &Exponential(2.0)),
            ("bimodal", &Bimodal::new(0.5, 50.5, 0.01)),
            ("lognormal", &LogNormal::with_mean(2.0, 1.0)),
            ("pareto", &Pareto { minimum: 1.0, shape: 3.0 }),
        ];
        for (name, distribution) in cases {
            let mut rng = Rng::new(4);
            let draws: Vec<f64> = (0..400_000).map(|_| distribution.sample(&mut rng)).collect();
            let (measured, stated) = (crate::stats::mean(&draws), distribution.mean());
            assert!((measured / stated - 1.0).abs() < 0.03, "{name}: {measured} {stated}");
        }
    }

    #[test]
    fn zipf_follows_its_law() {
        for alpha in [0.0, 0.8, 1.2] {
            let zipf = Zipf::new(20, alpha);
            let mut rng = Rng::new(5);
            let mut counts = [0u64; 20];
            for _ in 0..100_000 {
                counts[zipf.sample(&mut rng)] += 1;
            }
            let expected: Vec<f64> = (0..20).map(|i| 100_000.0 * zipf.probability(i)).collect();
            assert!(chi_square_p_value(&counts, &expected) > 0.001, "{alpha}: {counts:?}");
        }
    }
}
