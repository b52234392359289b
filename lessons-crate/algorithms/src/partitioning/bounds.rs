//! Where to cut: bounds of ranges from what is known of the values.

/// Bounds of `parts` ranges of equal width from `first` to `end`, which is not included.
///
/// # Panics
///
/// When there are no parts, or fewer values than parts.
pub fn equi_width(first: i64, end: i64, parts: usize) -> Vec<i64> {
    assert!(parts > 0, "a table has at least one part");
    let width = i128::from(end) - i128::from(first);
    assert!(width >= parts as i128, "{width} values cannot be cut into {parts} parts");
    let bound = |part: usize| i128::from(first) + width * part as i128 / parts as i128;
    // Between two i64, so it is one.
    (0..=parts).map(|part| bound(part) as i64).collect()
}

/// Bounds of `parts` ranges that hold equally many of the sampled values, from the smallest to one above the largest.
/// A value that fills several parts by itself is in one all the same, so there can be fewer parts.
///
/// # Complexity
///
/// O(n log n) for n values. With a random sample of n values, parts of the whole table are even up to about
/// sqrt(parts / n).
///
/// # Sources
///
/// G. Piatetsky-Shapiro and C. Connell, "Accurate Estimation of the Number of Tuples Satisfying a Condition", SIGMOD
/// 1984 (equal heights instead of equal widths).
///
/// # Examples
///
/// ```
/// use lessons::partitioning::equi_depth;
///
/// assert_eq!(equi_depth(&[1, 2, 3, 4, 100, 2_000], 3), [1, 3, 100, 2_001]);
/// assert_eq!(equi_depth(&[5, 5, 5, 5, 5, 9], 3), [5, 10]);
/// ```
///
/// # Panics
///
/// When there are no parts or no values, or the largest value is the largest integer.
pub fn equi_depth(sample: &[i64], parts: usize) -> Vec<i64> {
    assert!(parts > 0 && !sample.is_empty(), "something must be cut into something");
    let mut sorted = sample.to_vec();
    sorted.sort_unstable();
    let end = sorted[sorted.len() - 1].checked_add(1).expect("a bound above the largest value");
    let mut bounds: Vec<i64> = (0..parts).map(|part| sorted[part * sorted.len() / parts]).collect();
    bounds.push(end);
    bounds.dedup();
    bounds
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dist::{Distribution as _, LogNormal};
    use crate::partitioning::{Scheme, Skew};
    use crate::rng::Rng;

    proptest! {
        #[test]
        fn bounds_grow_and_cover_the_sample(sample in prop::collection::vec(-50_i64..50, 1..80), parts in 1_usize..9) {
            let bounds = equi_depth(&sample, parts);
            prop_assert!(bounds.is_sorted_by(|a, b| a < b));
            let scheme = Scheme::ranges(0, &bounds).unwrap();
            prop_assert!(sample.iter().all(|&value| scheme.place(&[Some(value)]).is_some()));
        }
    }

    #[test]
    fn widths_are_equal_up_to_one() {
        let bounds = equi_width(-7, 100, 10);
        assert_eq!((bounds[0], bounds[10]), (-7, 100));
        assert!(bounds.windows(2).all(|pair| (10..=11).contains(&(pair[1] - pair[0]))));
    }

    #[test]
    fn a_sample_cuts_skewed_values_even() {
        let mut rng = Rng::new(11);
        let amounts = LogNormal::with_mean(10_000.0, 1.5);
        let values: Vec<i64> = (0..40_000).map(|_| amounts.sample(&mut rng) as i64).collect();
        let skew = |mut bounds: Vec<i64>| {
            // What the sample has not seen goes to the outer parts.
            let last = bounds.len() - 1;
            (bounds[0], bounds[last]) = (i64::MIN, i64::MAX);
            let scheme = Scheme::ranges(0, &bounds).unwrap();
            let rows: Vec<_> = values.iter().map(|&value| [Some(value)]).collect();
            Skew::of(scheme.count(rows.iter().map(|row| &row[..])).into_values()).max_over_mean
        };
        let largest = values.iter().max().unwrap() + 1;
        assert!(skew(equi_width(0, largest, 8)) > 7.0);
        assert!(skew(equi_depth(&values[..2_000], 8)) < 1.25);
        assert!(skew(equi_depth(&values, 8)) < 1.01);
    }
}
