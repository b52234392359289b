//! Experiments with filters; the loops run here, compiled, however the caller is compiled.

use super::{Filter, FilterError, InsertFilter};
use crate::hash::mix64;
use crate::interrupt;

/// The first `n` keys that experiments put into a set: distinct, and without pattern.
pub fn present_keys(n: u64) -> Vec<u64> {
    (0..n).map(present_key).collect()
}

/// The first `n` keys that experiments look up and that are never among [`present_keys`].
pub fn absent_keys(n: u64) -> Vec<u64> {
    (0..n).map(absent_key).collect()
}

// Even and odd numbers never meet, and mixing is one to one.
fn present_key(i: u64) -> u64 {
    mix64(2 * i)
}

fn absent_key(i: u64) -> u64 {
    mix64(2 * i + 1)
}

/// Adds all keys, until one does not fit.
///
/// # Errors
///
/// That of the first key that could not be added; those before it are in the filter.
pub fn insert_all(filter: &mut dyn InsertFilter, keys: &[u64]) -> Result<(), FilterError> {
    for key in keys {
        interrupt::checkpoint();
        filter.insert(*key)?;
    }
    Ok(())
}

/// For how many of the keys the filter says "maybe".
pub fn count_maybe(filter: &dyn Filter, keys: &[u64]) -> u64 {
    keys.iter()
        .filter(|key| {
            interrupt::checkpoint();
            filter.may_contain(**key)
        })
        .count() as u64
}

/// How many of the first `probes` [`absent_keys`] the filter takes for present.
pub fn false_positives(filter: &dyn Filter, probes: u64) -> u64 {
    (0..probes)
        .filter(|i| {
            interrupt::checkpoint();
            filter.may_contain(absent_key(*i))
        })
        .count() as u64
}

/// The share of the first `probes` [`absent_keys`] that the filter takes for present: its false-positive
/// rate, if it holds only [`present_keys`]. Its standard error is `stats::proportion_error(rate, probes)`.
pub fn measure_false_positive_rate(filter: &dyn Filter, probes: u64) -> f64 {
    false_positives(filter, probes) as f64 / probes as f64
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Asserts that the measured rate is the theoretical one, within four standard errors and 3% for what
    /// differs from filter to filter of the same shape.
    pub(in crate::sketch) fn assert_rate(filter: &dyn Filter, theory: f64) {
        let probes = 200_000;
        let measured = measure_false_positive_rate(filter, probes);
        let tolerance = 4.0 * crate::stats::proportion_error(theory, probes) + 0.03 * theory;
        assert!(
            (measured - theory).abs() <= tolerance,
            "{}: measured {measured}, theory {theory} within {tolerance}",
            filter.name()
        );
    }

    #[test]
    fn present_and_absent_keys_never_meet() {
        let present: std::collections::BTreeSet<u64> = present_keys(10_000).into_iter().collect();
        assert_eq!(present.len(), 10_000);
        assert!(absent_keys(10_000).iter().all(|key| !present.contains(key)));
    }
}
