//! A seeded random number generator: the same seed gives the same lesson for ever.
//!
//! The generator is SplitMix64: one 64-bit counter, scrambled. It is small, fast, equal on every platform,
//! and good enough for simulations; it is not for secrets, because its state can be read off one output.
//!
//! # Sources
//!
//! G. L. Steele Jr., D. Lea, C. H. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014,
//! doi:10.1145/2660193.2660195. D. Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS
//! 29(1), 2019, doi:10.1145/3230636 (for [`Rng::below`]).

use crate::hash::mix64;

/// The step of the counter: 2⁶⁴ divided by the golden ratio, made odd.
const GOLDEN_GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// A seeded generator of random numbers (SplitMix64), with period 2⁶⁴.
///
/// # Examples
///
/// ```
/// use lessons::rng::Rng;
///
/// let mut rng = Rng::new(35);
/// let die = 1 + rng.below(6);
/// assert!((1..=6).contains(&die));
/// assert_eq!(Rng::new(35).next_u64(), Rng::new(35).next_u64());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// A generator whose whole sequence follows from `seed`; every seed is as good as another.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A new generator, independent of what this one gives next: one for each part of a simulation.
    pub fn split(&mut self) -> Self {
        // Scrambled once more, or the two sequences would walk the same counter.
        Self::new(mix64(self.next_u64() ^ GOLDEN_GAMMA))
    }

    /// The next 64 random bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN_GAMMA);
        mix64(self.state)
    }

    /// A number from 0 up to, not including, 1, in steps of 2⁻⁵³.
    #[inline]
    pub fn next_f64(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// A whole number from 0 up to, not including, `n`; each is equally likely (no modulo bias).
    ///
    /// # Panics
    ///
    /// When `n` is 0: there is nothing to choose from.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "below(0): there is no number to choose from");
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            let low = product as u64;
            // The first 2⁶⁴ mod n low halves would make some numbers likelier: draw again.
            if low >= n || low >= n.wrapping_neg() % n {
                return (product >> 64) as u64;
            }
        }
    }

    /// An index from 0 up to, not including, `len`.
    ///
    /// # Panics
    ///
    /// When `len` is 0.
    #[inline]
    pub fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// True with probability `p`: never for 0 or less, always for 1 or more.
    #[inline]
    pub fn chance(&mut self, p: f64) -> bool {
        self.next_f64() < p
    }

    /// A draw from the exponential distribution with this mean, in the unit of `mean`: the time to the
    /// next event of a Poisson process.
    #[inline]
    pub fn exponential(&mut self, mean: f64) -> f64 {
        // 1 - u is in (0, 1], so the logarithm is finite.
        -mean * (1.0 - self.next_f64()).ln()
    }

    /// A draw from the normal distribution with mean 0 and standard deviation 1 (Box and Muller, 1958).
    pub fn standard_normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.next_f64()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.next_f64()).cos()
    }

    /// Puts the items in random order; every order is equally likely (Fisher and Yates). O(n).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.index(last + 1);
            items.swap(last, other);
        }
    }

    /// One of the items, each equally likely; `None` when there are none.
    pub fn choose<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() {
            return None;
        }
        Some(&items[self.index(items.len())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::chi_square_p_value;

    #[test]
    fn the_sequence_is_the_published_one() {
        // The reference values of SplitMix64 for seed 1234567 (Vigna's splitmix64.c).
        let mut rng = Rng::new(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| rng.next_u64()).collect();
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn below_is_uniform() {
        let mut rng = Rng::new(1);
        let mut counts = [0u64; 7];
        for _ in 0..70_000 {
            counts[rng.below(7) as usize] += 1;
        }
        assert!(chi_square_p_value(&counts, &[10_000.0; 7]) > 0.001, "{counts:?}");
    }

    #[test]
    fn exponential_and_normal_have_their_moments() {
        let mut rng = Rng::new(2);
        let n = 200_000;
        let mean = (0..n).map(|_| rng.exponential(3.0)).sum::<f64>() / f64::from(n);
        assert!((mean - 3.0).abs() < 0.03, "{mean}");
        let normal: Vec<f64> = (0..n).map(|_| rng.standard_normal()).collect();
        assert!(crate::stats::mean(&normal).abs() < 0.01);
        assert!((crate::stats::standard_deviation(&normal) - 1.0).abs() < 0.01);
    }

    #[test]
    fn a_shuffle_keeps_the_items_and_split_changes_the_sequence() {
        let mut rng = Rng::new(3);
        let mut items: Vec<u32> = (0..100).collect();
        rng.shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
        assert_ne!(rng.split().next_u64(), rng.next_u64());
    }
}
