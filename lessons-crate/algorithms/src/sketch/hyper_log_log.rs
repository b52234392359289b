//! HyperLogLog: how many different keys came, in a few kilobytes.

use super::error::check_size;
use super::{FilterError, Key};

/// Counts different keys, with a relative standard error of 1.04 / √m for `m` registers of one byte.
///
/// A hash that begins with many zero bits is rare, so the longest run of zeros seen tells how many different
/// hashes there were, very roughly. The keys are spread over `m` registers, each of which remembers its longest
/// run, and the average over all of them is accurate. A key that comes again changes nothing.
///
/// The estimate is the corrected one of Ertl, which needs no tables and no special cases for small counts.
///
/// # Complexity
///
/// `add` is O(1), `estimate` and `merge` are O(m). Memory is 2^precision bytes: 16 KiB at precision 14, where
/// the error is 0.8%.
///
/// # Examples
///
/// ```
/// use lessons::sketch::HyperLogLog;
///
/// let mut visitors = HyperLogLog::new(14)?;
/// for visitor in 0..100_000u64 {
///     visitors.add(visitor % 50_000);
/// }
/// assert!((visitors.estimate() / 50_000.0 - 1.0).abs() < 0.03);
/// # Ok::<(), lessons::sketch::FilterError>(())
/// ```
///
/// # Sources
///
/// P. Flajolet, É. Fusy, O. Gandouet, F. Meunier, "HyperLogLog: The Analysis of a Near-Optimal Cardinality
/// Estimation Algorithm", AofA 2007, doi:10.46298/dmtcs.3545. O. Ertl, "New Cardinality Estimation
/// Algorithms for HyperLogLog Sketches", 2017, arXiv:1702.01284 (algorithm 6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HyperLogLog {
    /// The longest run of zeros plus one; 0 when no key came. Invariant: a power of two of them.
    registers: Vec<u8>,
}

impl HyperLogLog {
    /// A sketch of 2^`precision` registers.
    ///
    /// # Errors
    ///
    /// When the precision is not from 4 to 18.
    pub fn new(precision: u32) -> Result<Self, FilterError> {
        check_size("the precision", u64::from(precision), 4, 18)?;
        Ok(Self { registers: vec![0; 1 << precision] })
    }

    /// Sees a key. O(1).
    pub fn add(&mut self, key: impl Key) {
        let hash = key.hash64(0);
        let precision = self.precision();
        let register = (hash >> (64 - precision)) as usize;
        // The bit after the last one ends a run of zeros that would never end.
        let run = (hash << precision | 1 << (precision - 1)).leading_zeros() + 1;
        self.registers[register] = self.registers[register].max(run as u8);
    }

    /// About how many different keys came. O(m).
    pub fn estimate(&self) -> f64 {
        let longest = 64 - self.precision() as usize;
        let m = self.registers.len() as f64;
        // How many registers have each value, from 0 to `longest` + 1.
        let mut registers_with = vec![0.0; longest + 2];
        self.registers.iter().for_each(|value| registers_with[usize::from(*value)] += 1.0);
        let mut z = m * tau(1.0 - registers_with[longest + 1] / m);
        for count in registers_with[1..=longest].iter().rev() {
            z = 0.5 * (z + count);
        }
        z += m * sigma(registers_with[0] / m);
        m * m / (2.0 * std::f64::consts::LN_2 * z)
    }

    /// Afterwards this is the sketch of the keys of both. O(m).
    ///
    /// # Errors
    ///
    /// When the two differ in precision.
    pub fn merge(&mut self, other: &Self) -> Result<(), FilterError> {
        if self.registers.len() != other.registers.len() {
            let both = format!("precision {} and {}", self.precision(), other.precision());
            return Err(FilterError::Mismatch(both));
        }
        for (register, other) in self.registers.iter_mut().zip(&other.registers) {
            *register = (*register).max(*other);
        }
        Ok(())
    }

    /// The relative standard error, 1.04 / √m: 0.01 is 1%.
    pub fn standard_error(&self) -> f64 {
        1.04 / (self.registers.len() as f64).sqrt()
    }

    /// The memory of the registers, in bits.
    pub fn size_bits(&self) -> u64 {
        self.registers.len() as u64 * 8
    }

    fn precision(&self) -> u32 {
        self.registers.len().trailing_zeros()
    }
}

/// The share of untouched registers, corrected: x + Σ x^(2^k) 2^(k-1). Infinite when all are untouched.
fn sigma(share: f64) -> f64 {
    if share == 1.0 {
        return f64::INFINITY;
    }
    let (mut x, mut y, mut sum) = (share, 1.0, share);
    loop {
        x *= x;
        let next = sum + x * y;
        if next == sum {
            return sum;
        }
        (sum, y) = (next, y + y);
    }
}

/// The same for registers at their maximum; matters only near 2⁶⁴ keys.
fn tau(share: f64) -> f64 {
    if share == 0.0 || share == 1.0 {
        return 0.0;
    }
    let (mut x, mut y, mut sum) = (share, 1.0, 1.0 - share);
    loop {
        x = x.sqrt();
        y *= 0.5;
        let next = sum - (1.0 - x).powi(2) * y;
        if next == sum {
            return sum / 3.0;
        }
        sum = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::present_keys;
    use proptest::prelude::*;

    #[test]
    fn the_error_is_the_stated_one_from_few_keys_to_many() {
        let mut sketch = HyperLogLog::new(12).unwrap();
        assert_eq!(sketch.estimate(), 0.0);
        let keys = present_keys(300_000);
        for (i, key) in keys.iter().enumerate() {
            sketch.add(*key);
            sketch.add(*key);
            let count = i + 1;
            if [1, 10, 100, 1_000, 5_000, 10_000, 20_000, 100_000, 300_000].contains(&count) {
                let error = (sketch.estimate() / count as f64 - 1.0).abs();
                assert!(error < 3.0 * sketch.standard_error(), "{count}: {error}");
            }
        }
    }

    #[test]
    fn many_sketches_scatter_by_the_stated_error() {
        let n = 5_000u64;
        let errors: Vec<f64> = (0..100u64)
            .map(|run| {
                let mut sketch = HyperLogLog::new(8).unwrap();
                present_keys(n).into_iter().for_each(|key| sketch.add(key ^ (run << 40)));
                sketch.estimate() / n as f64 - 1.0
            })
            .collect();
        let spread = crate::stats::standard_deviation(&errors);
        assert!((spread / 0.065 - 1.0).abs() < 0.3, "{spread}");
        assert!(crate::stats::mean(&errors).abs() < 0.03);
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(HyperLogLog::new(3).is_err());
        assert!(HyperLogLog::new(19).is_err());
        assert!(HyperLogLog::new(4).unwrap().merge(&HyperLogLog::new(5).unwrap()).is_err());
    }

    proptest! {
        #[test]
        fn a_merge_is_the_sketch_of_both(a in prop::collection::vec(any::<u64>(), 0..100), b in prop::collection::vec(any::<u64>(), 0..100)) {
            let sketch_of = |keys: &[u64]| {
                let mut sketch = HyperLogLog::new(6).unwrap();
                keys.iter().for_each(|key| sketch.add(*key));
                sketch
            };
            let mut merged = sketch_of(&a);
            merged.merge(&sketch_of(&b)).unwrap();
            prop_assert_eq!(merged, sketch_of(&[b, a].concat()));
        }
    }
}
