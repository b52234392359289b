//! Ribbon filter: a static set from linear equations, close to the least memory possible.

use super::FilterError;
use super::error::{KEYS_MAX, check_size};
use crate::hash::{hash_u64, mix64, reduce};
use crate::rng::Rng;

/// Slots that an equation spans: one machine word.
const WIDTH: usize = 64;
/// Slots per key. Fewer leave too few free slots, and the false-positive rate rises.
const SLOTS_PER_KEY: f64 = 1.10;

/// A static filter whose rate is 1 / 2^r for any whole `r`, in about 1.1 r bits per key.
///
/// Every slot holds an `r`-bit row. A key chooses a window of 64 slots and some of the rows in it, and the
/// table is solved so that the rows of every key combine, by exclusive or, to zero. The rows of an absent
/// key do so by chance only. All equations are zero on the right ("homogeneous"), so they always have a
/// solution; slots that no equation decides get random rows, or every answer would be "maybe".
///
/// # Complexity
///
/// Building is O(n) expected, by Gaussian elimination on windows, with 8 bytes per key for a while.
/// `may_contain` is O(r) and mostly ends after two steps for an absent key; it costs more than in a
/// [`super::BinaryFuseFilter`]. Memory is 1.1 r bits per key: 7.7 at 1/128, where a Bloom filter takes 10.1.
///
/// # Examples
///
/// ```
/// use lessons::sketch::RibbonFilter;
///
/// let filter = RibbonFilter::build(&[2, 3, 5, 7, 11], 7)?;
/// assert!(filter.may_contain(7));
/// # Ok::<(), lessons::sketch::FilterError>(())
/// ```
///
/// # Sources
///
/// P. C. Dillinger, S. Walzer, "Ribbon Filter: Practically Smaller Than Bloom and Xor", 2021,
/// arXiv:2103.02515, section 4 (homogeneous ribbon filters).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RibbonFilter {
    /// For each 64 slots, `row_bits` words: the first bit of all 64 rows, then the second, and so on.
    words: Vec<u64>,
    /// Windows that a key may choose.
    starts: u64,
    row_bits: usize,
}

impl RibbonFilter {
    /// The filter of these keys with rate 1 / 2^`row_bits`; repeated keys count once.
    ///
    /// # Errors
    ///
    /// When `row_bits` is not from 1 to 32, or there are more than 2³² keys.
    pub fn build(keys: &[u64], row_bits: u32) -> Result<Self, FilterError> {
        check_size("the number of keys", keys.len() as u64, 0, KEYS_MAX)?;
        check_size("the row's number of bits", u64::from(row_bits), 1, 32)?;
        let wanted = (keys.len() as f64 * SLOTS_PER_KEY) as usize + WIDTH;
        let slots = wanted.next_multiple_of(WIDTH);
        let starts = (slots - WIDTH + 1) as u64;
        let pivots = eliminate(keys, slots, starts);
        let row_bits = row_bits as usize;
        Ok(Self { words: substitute(&pivots, row_bits), starts, row_bits })
    }

    /// False when the key is certainly not in the set.
    pub fn may_contain(&self, key: u64) -> bool {
        let (start, coefficients) = equation(key, self.starts);
        let (block, shift) = (start / WIDTH, start % WIDTH);
        (0..self.row_bits).all(|bit| {
            let low = self.words[block * self.row_bits + bit] >> shift;
            // The window reaches into the next block, unless it starts at the block's first slot.
            let high = match shift {
                0 => 0,
                _ => self.words[(block + 1) * self.row_bits + bit] << (WIDTH - shift),
            };
            ((low | high) & coefficients).count_ones().is_multiple_of(2)
        })
    }

    /// The memory of the table, in bits.
    pub fn size_bits(&self) -> u64 {
        self.words.len() as u64 * 64
    }
}

/// The window of a key and the rows that it takes from it; the first one is always among them.
fn equation(key: u64, starts: u64) -> (usize, u64) {
    let hash = hash_u64(key, 0);
    (reduce(hash, starts) as usize, mix64(hash) | 1)
}

/// Brings the equations into a form where each slot leads at most one of them; 0 where none does.
fn eliminate(keys: &[u64], slots: usize, starts: u64) -> Vec<u64> {
    let mut pivots = vec![0u64; slots];
    for key in keys {
        let (mut slot, mut coefficients) = equation(*key, starts);
        // An equation that becomes zero follows from the others: nothing to remember.
        while coefficients != 0 {
            if pivots[slot] == 0 {
                pivots[slot] = coefficients;
                break;
            }
            coefficients ^= pivots[slot];
            if coefficients != 0 {
                let zeros = coefficients.trailing_zeros();
                coefficients >>= zeros;
                slot += zeros as usize;
            }
        }
    }
    pivots
}

/// Decides the rows from the last slot to the first, so that all equations come out as zero.
fn substitute(pivots: &[u64], row_bits: usize) -> Vec<u64> {
    let mut words = vec![0u64; pivots.len() / WIDTH * row_bits];
    let mut rng = Rng::new(pivots.len() as u64);
    // For each bit of a row, the bits of this slot and the 63 after it.
    let mut windows = vec![0u64; row_bits];
    for (slot, &coefficients) in pivots.iter().enumerate().rev() {
        let free = rng.next_u64();
        for (bit, window) in windows.iter_mut().enumerate() {
            *window <<= 1;
            *window |= match coefficients {
                0 => free >> bit & 1,
                _ => u64::from((*window & coefficients).count_ones() & 1),
            };
            if slot % WIDTH == 0 {
                words[slot / WIDTH * row_bits + bit] = *window;
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::measure::tests::assert_rate;
    use crate::sketch::{formula, present_keys};
    use proptest::prelude::*;

    #[test]
    fn the_rate_is_two_to_the_minus_r_near_the_lower_bound() {
        for row_bits in [1, 4, 7, 10] {
            let filter = RibbonFilter::build(&present_keys(100_000), row_bits).unwrap();
            let rate = 0.5f64.powi(row_bits as i32);
            assert_rate(&filter, rate);
            let least = formula::lower_bound_bits_per_key(rate) * 100_000.0;
            assert!(filter.size_bits() as f64 <= 1.102 * least, "{row_bits}");
        }
    }

    #[test]
    fn a_wrong_width_is_refused() {
        assert!(RibbonFilter::build(&[1], 0).is_err());
        assert!(RibbonFilter::build(&[1], 33).is_err());
    }

    proptest! {
        #[test]
        fn never_a_false_negative(mut keys in prop::collection::vec(any::<u64>(), 0..300), row_bits in 1u32..=32) {
            keys.extend_from_within(..keys.len() / 2);
            let filter = RibbonFilter::build(&keys, row_bits).unwrap();
            prop_assert!(keys.iter().all(|key| filter.may_contain(*key)));
        }
    }
}
