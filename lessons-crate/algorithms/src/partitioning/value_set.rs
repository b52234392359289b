//! Sets of values of one column: what a predicate allows, and what a partition holds.

use super::Value;

/// A set of integers, and whether NULL is in it.
///
/// Kept as intervals with both ends included, in order, none of which touch: two sets are equal when their
/// intervals are.
///
/// # Complexity
///
/// With n and m intervals: union O((n + m) log(n + m)), intersection O(n + m), subset O(n m).
///
/// # Examples
///
/// ```
/// use lessons::partitioning::ValueSet;
///
/// let teens = ValueSet::between(13, 19);
/// let late = teens.intersection(&ValueSet::between(18, 30));
/// assert_eq!(late.points(10), Some(vec![Some(18), Some(19)]));
/// assert!(late.is_subset(&teens));
/// assert!(!ValueSet::all().is_subset(&teens));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueSet {
    /// Invariant: in ascending order, with a gap of at least one value between two.
    intervals: Vec<(i64, i64)>,
    null: bool,
}

impl ValueSet {
    /// Nothing, not even NULL.
    pub fn none() -> Self {
        Self::default()
    }

    /// Everything, NULL too.
    pub fn all() -> Self {
        Self { intervals: vec![(i64::MIN, i64::MAX)], null: true }
    }

    /// NULL alone.
    pub fn null() -> Self {
        Self { intervals: Vec::new(), null: true }
    }

    /// From `first` to `last`, both included; nothing when `last` is smaller.
    pub fn between(first: i64, last: i64) -> Self {
        Self { intervals: if first <= last { vec![(first, last)] } else { Vec::new() }, null: false }
    }

    /// These values.
    pub fn of(values: impl IntoIterator<Item = Value>) -> Self {
        let (mut intervals, mut null) = (Vec::new(), false);
        for value in values {
            match value {
                Some(value) => intervals.push((value, value)),
                None => null = true,
            }
        }
        Self::normal(intervals, null)
    }

    fn normal(mut intervals: Vec<(i64, i64)>, null: bool) -> Self {
        intervals.sort_unstable();
        let mut merged: Vec<(i64, i64)> = Vec::new();
        for (first, last) in intervals {
            match merged.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => merged.push((first, last)),
            }
        }
        Self { intervals: merged, null }
    }

    /// The intervals, both ends included, in order.
    pub fn intervals(&self) -> &[(i64, i64)] {
        &self.intervals
    }

    /// Whether NULL is in it.
    pub fn has_null(&self) -> bool {
        self.null
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.intervals.is_empty() && !self.null
    }

    /// Whether this value is in it.
    pub fn contains(&self, value: Value) -> bool {
        match value {
            None => self.null,
            Some(value) => {
                let after = self.intervals.partition_point(|&(first, _)| first <= value);
                after > 0 && value <= self.intervals[after - 1].1
            }
        }
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let intervals = [&self.intervals[..], &other.intervals].concat();
        Self::normal(intervals, self.null || other.null)
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (mut here, mut there) = (self.intervals.iter().peekable(), other.intervals.iter().peekable());
        let mut intervals = Vec::new();
        while let (Some(&&(a, b)), Some(&&(c, d))) = (here.peek(), there.peek()) {
            if a.max(c) <= b.min(d) {
                intervals.push((a.max(c), b.min(d)));
            }
            // The one that ends first meets nothing more.
            if b <= d {
                here.next();
            } else {
                there.next();
            }
        }
        Self { intervals, null: self.null && other.null }
    }

    /// Whether all of it is in the other.
    pub fn is_subset(&self, other: &Self) -> bool {
        let covered = |&(a, b): &(i64, i64)| other.intervals.iter().any(|&(c, d)| c <= a && b <= d);
        (other.null || !self.null) && self.intervals.iter().all(covered)
    }

    /// All values one by one, NULL last; `None` when there are more than `limit`.
    pub fn points(&self, limit: usize) -> Option<Vec<Value>> {
        let mut points = Vec::new();
        for &(first, last) in &self.intervals {
            let fits = last.checked_sub(first).and_then(|more| usize::try_from(more).ok());
            if fits.is_none_or(|more| more >= limit || points.len() + more >= limit) {
                return None;
            }
            points.extend((first..=last).map(Some));
        }
        if self.null {
            points.push(None);
        }
        (points.len() <= limit).then_some(points)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// A set over a small universe, and the same set the naive way.
    fn pair() -> impl Strategy<Value = (ValueSet, BTreeSet<Value>)> {
        let interval = (-10_i64..10, 0_i64..6);
        (prop::collection::vec(interval, 0..5), any::<bool>()).prop_map(|(intervals, null)| {
            let mut set = if null { ValueSet::null() } else { ValueSet::none() };
            let mut naive: BTreeSet<Value> = null.then_some(None).into_iter().collect();
            for (first, more) in intervals {
                set = set.union(&ValueSet::between(first, first + more));
                naive.extend((first..=first + more).map(Some));
            }
            (set, naive)
        })
    }

    proptest! {
        #[test]
        fn it_is_a_set((a, naive_a) in pair(), (b, naive_b) in pair()) {
            for value in (-12..20).map(Some).chain([None]) {
                prop_assert_eq!(a.contains(value), naive_a.contains(&value));
            }
            let both: BTreeSet<Value> = naive_a.intersection(&naive_b).copied().collect();
            prop_assert_eq!(a.intersection(&b), ValueSet::of(both.iter().copied()));
            prop_assert_eq!(a.union(&b), ValueSet::of(naive_a.union(&naive_b).copied()));
            prop_assert_eq!(a.is_subset(&b), naive_a.is_subset(&naive_b));
            prop_assert_eq!(a.is_empty(), naive_a.is_empty());
            let points: Option<BTreeSet<Value>> = a.points(12).map(|points| points.into_iter().collect());
            prop_assert_eq!(points, (naive_a.len() <= 12).then_some(naive_a));
        }
    }

    #[test]
    fn the_ends_of_the_integers_are_values_like_others() {
        let all = ValueSet::all();
        assert!(all.contains(Some(i64::MIN)) && all.contains(Some(i64::MAX)) && all.contains(None));
        assert_eq!(all.points(100), None);
        let halves = ValueSet::between(i64::MIN, -1).union(&ValueSet::between(0, i64::MAX));
        assert_eq!(halves.intervals(), all.intervals());
        assert!(ValueSet::between(5, 4).is_empty());
    }
}
