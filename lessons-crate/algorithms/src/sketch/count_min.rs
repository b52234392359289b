//! Count-min sketch: how often each key came, never too low.

use super::bloom_filter::start_and_step;
use super::error::{BITS_MAX, check_rate, check_size};
use super::{FilterError, Key};
use crate::hash::reduce;

/// Approximate counts of any number of keys in a fixed table: a Bloom filter's cousin that counts.
///
/// Each of `d` rows has `w` counters, and a key raises one counter in each row. Other keys may raise the same
/// counters, so each row's count is too high or right; the smallest of them is the estimate. It is never too
/// low, and with probability 1 - δ too high by at most ε times the total of all counts: fine for the few
/// frequent keys, useless for the many rare ones.
///
/// # Complexity
///
/// `add` and `estimate` are O(d). Memory is w d counters of 64 bits, with w = e/ε and d = ln(1/δ).
///
/// # Examples
///
/// ```
/// use lessons::sketch::CountMin;
///
/// let mut views = CountMin::with_error(0.001, 0.01)?;
/// for _ in 0..1_000 {
///     views.add("/home", 1);
/// }
/// views.add("/about", 1);
/// assert_eq!(views.estimate("/home"), 1_000);
/// # Ok::<(), lessons::sketch::FilterError>(())
/// ```
///
/// # Sources
///
/// G. Cormode, S. Muthukrishnan, "An Improved Data Stream Summary: The Count-Min Sketch and Its
/// Applications", Journal of Algorithms 55(1), 2005, doi:10.1016/j.jalgor.2003.12.001.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountMin {
    /// Row after row. Invariant: `width` times the number of rows, neither of them 0.
    counters: Vec<u64>,
    width: usize,
    total: u64,
}

impl CountMin {
    /// A sketch whose estimates are too high by more than `error` (ε) times the total with probability
    /// `failure` (δ) at most; 0.001 is 0.1%.
    ///
    /// # Errors
    ///
    /// When one of them is not between 0 and 1, or needs more than 8 GiB.
    pub fn with_error(error: f64, failure: f64) -> Result<Self, FilterError> {
        check_rate(error)?;
        check_rate(failure)?;
        let width = (std::f64::consts::E / error).ceil() as u64;
        Self::with_size(width, (1.0 / failure).ln().ceil().max(1.0) as u64)
    }

    /// A sketch of this many counters per row (`w`) and rows (`d`).
    ///
    /// # Errors
    ///
    /// When one of them is 0, or both together are above 2³⁰ counters (8 GiB).
    pub fn with_size(width: u64, rows: u64) -> Result<Self, FilterError> {
        let most = BITS_MAX / 64;
        check_size("the number of counters per row", width, 1, most)?;
        check_size("the number of rows", rows, 1, most / width)?;
        Ok(Self { counters: vec![0; (width * rows) as usize], width: width as usize, total: 0 })
    }

    /// Counts a key `count` times more. O(d).
    pub fn add(&mut self, key: impl Key, count: u64) {
        self.total += count;
        for place in self.places(key.hash64(0)) {
            self.counters[place] += count;
        }
    }

    /// How often the key came, or more. O(d).
    pub fn estimate(&self, key: impl Key) -> u64 {
        let counts = self.places(key.hash64(0)).map(|place| self.counters[place]);
        counts.min().unwrap_or(0)
    }

    /// Adds all counts of another sketch of the same shape. O(w d).
    ///
    /// # Errors
    ///
    /// When the two differ in shape.
    pub fn merge(&mut self, other: &Self) -> Result<(), FilterError> {
        let shape = |sketch: &Self| (sketch.width, sketch.counters.len() / sketch.width);
        if shape(self) != shape(other) {
            let ((w, d), (other_w, other_d)) = (shape(self), shape(other));
            return Err(FilterError::Mismatch(format!("{d} rows of {w} and {other_d} rows of {other_w}")));
        }
        for (counter, more) in self.counters.iter_mut().zip(&other.counters) {
            *counter += more;
        }
        self.total += other.total;
        Ok(())
    }

    /// Halves every count, rounding down, so that the past fades: done now and then, the counts are of what came
    /// lately. O(w d).
    pub fn halve(&mut self) {
        self.counters.iter_mut().for_each(|counter| *counter /= 2);
        self.total /= 2;
    }

    /// The sum of all counts.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The memory of the counters, in bits.
    pub fn size_bits(&self) -> u64 {
        self.counters.len() as u64 * 64
    }

    /// The key's counter in each row. Does not borrow the sketch.
    fn places(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let (width, rows) = (self.width, self.counters.len() / self.width);
        let (start, step) = start_and_step(hash);
        (0..rows).map(move |row| {
            let hash = start.wrapping_add(step.wrapping_mul(row as u64));
            row * width + reduce(hash, width as u64) as usize
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::Zipf;
    use crate::rng::Rng;
    use proptest::prelude::*;

    #[test]
    fn the_error_is_within_its_bound() {
        let (error, failure) = (0.001, 0.01);
        let mut sketch = CountMin::with_error(error, failure).unwrap();
        let (zipf, mut rng) = (Zipf::new(20_000, 1.0), Rng::new(6));
        let mut exact = vec![0u64; 20_000];
        for _ in 0..200_000 {
            let key = zipf.sample(&mut rng);
            exact[key] += 1;
            sketch.add(key as u64, 1);
        }
        let limit = (error * sketch.total() as f64) as u64;
        let mut beyond = 0;
        for (key, count) in exact.iter().enumerate() {
            let estimate = sketch.estimate(key as u64);
            assert!(estimate >= *count);
            beyond += u64::from(estimate > count + limit);
        }
        assert!(beyond as f64 <= failure * 20_000.0, "{beyond}");
        // The head of the distribution is nearly exact.
        assert!(sketch.estimate(0) as f64 <= exact[0] as f64 * 1.01);
    }

    #[test]
    fn halved_counts_are_half() {
        let mut sketch = CountMin::with_size(1_000, 4).unwrap();
        sketch.add("a", 9);
        sketch.add("b", 1);
        sketch.halve();
        assert_eq!((sketch.estimate("a"), sketch.estimate("b"), sketch.total()), (4, 0, 5));
    }

    #[test]
    fn shapes_must_agree_and_sizes_be_sane() {
        let mut sketch = CountMin::with_size(10, 3).unwrap();
        let error = sketch.merge(&CountMin::with_size(10, 4).unwrap()).unwrap_err();
        assert!(error.to_string().contains("3 rows of 10 and 4 rows of 10"));
        assert!(CountMin::with_size(0, 1).is_err());
        assert!(CountMin::with_size(1 << 29, 4).is_err());
        assert!(CountMin::with_error(0.0, 0.5).is_err());
    }

    proptest! {
        #[test]
        fn merged_counts_are_the_counts_of_both(a in prop::collection::vec(0u64..50, 0..100), b in prop::collection::vec(0u64..50, 0..100)) {
            let sketch_of = |keys: &[u64]| {
                let mut sketch = CountMin::with_size(40, 4).unwrap();
                keys.iter().for_each(|key| sketch.add(*key, 1));
                sketch
            };
            let mut merged = sketch_of(&a);
            merged.merge(&sketch_of(&b)).unwrap();
            prop_assert_eq!(merged, sketch_of(&[a, b].concat()));
        }
    }
}
