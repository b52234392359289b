//! A window of months that moves: which partitions to make ahead, and which to take out.

use std::collections::BTreeSet;
use std::fmt;

/// A calendar month.
///
/// # Examples
///
/// ```
/// use lessons::partitioning::Month;
///
/// let january = Month::new(2_026, 1);
/// assert_eq!(january.plus(-1).to_string(), "2025-12");
/// assert_eq!(january.plus(1).first_day(), "2026-02-01");
/// assert_eq!(Month::new(2_028, 2).days(), 29);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// Months since January of the year 0.
    number: i32,
}

impl Month {
    /// A month of a year, 1 to 12.
    ///
    /// # Panics
    ///
    /// When there is no such month.
    pub fn new(year: i32, month: i32) -> Self {
        assert!((1..=12).contains(&month), "no month {month}");
        Self { number: year * 12 + month - 1 }
    }

    /// So many months later; earlier when negative.
    #[must_use]
    pub fn plus(self, months: i32) -> Self {
        Self { number: self.number + months }
    }

    /// How many months this is after another; negative when before.
    pub fn since(self, other: Self) -> i32 {
        self.number - other.number
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.number.div_euclid(12)
    }

    /// The month of the year, 1 to 12.
    pub fn month(self) -> i32 {
        self.number.rem_euclid(12) + 1
    }

    /// Its first day, as SQL writes it.
    pub fn first_day(self) -> String {
        format!("{self}-01")
    }

    /// How many days it has.
    pub fn days(self) -> i32 {
        let year = self.year();
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        match self.month() {
            2 => 28 + i32::from(leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.month())
    }
}

/// One step of a retention job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetentionStep {
    /// Make the partition of this month.
    Create(Month),
    /// Take the partition of this month out.
    Detach(Month),
}

/// What to do so that there is a partition for each month from `keep` before this one to `ahead` after it, and none
/// for an earlier month.
///
/// Months beyond those ahead are left alone: somebody made them on purpose. Partitions are made before any is taken
/// out, so that a job that is stopped half-way has lost nothing and rows have a place; run again, it does the rest, and
/// run once more, nothing.
///
/// # Complexity
///
/// O((keep + ahead + n) log n) with n partitions.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeSet;
///
/// use lessons::partitioning::{Month, RetentionStep, retention_plan};
///
/// let month = |number| Month::new(2_026, number);
/// let have = BTreeSet::from([month(1), month(2), month(3)]);
/// let plan = retention_plan(month(3), &have, 1, 2);
/// let steps = [month(4), month(5)].map(RetentionStep::Create);
/// assert_eq!(plan, [&steps[..], &[RetentionStep::Detach(month(1))]].concat());
/// ```
pub fn retention_plan(now: Month, have: &BTreeSet<Month>, keep: u32, ahead: u32) -> Vec<RetentionStep> {
    let (first, last) = (now.plus(-keep.cast_signed()), now.plus(ahead.cast_signed()));
    let wanted = (0..=last.since(first)).map(|months| first.plus(months));
    let missing = wanted.filter(|month| !have.contains(month)).map(RetentionStep::Create);
    let old = have.range(..first).copied().map(RetentionStep::Detach);
    missing.chain(old).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn afterwards_the_window_is_whole_and_nothing_is_left_to_do(
            now in 24_000_i32..24_400,
            have in prop::collection::btree_set(23_980_i32..24_420, 0..40),
            keep in 0_u32..30, ahead in 0_u32..6,
        ) {
            let now = Month { number: now };
            let before: BTreeSet<Month> = have.into_iter().map(|number| Month { number }).collect();
            let mut after = before.clone();
            for step in retention_plan(now, &before, keep, ahead) {
                match step {
                    RetentionStep::Create(month) => prop_assert!(after.insert(month)),
                    RetentionStep::Detach(month) => {
                        prop_assert!(after.remove(&month));
                        prop_assert!(now.since(month) > keep as i32);
                    }
                }
            }
            for months in -(keep as i32)..=ahead as i32 {
                prop_assert!(after.contains(&now.plus(months)));
            }
            prop_assert!(after.iter().all(|&month| now.since(month) <= keep as i32));
            prop_assert_eq!(retention_plan(now, &after, keep, ahead), []);
            let first_detach = retention_plan(now, &before, keep, ahead)
                .iter().skip_while(|step| matches!(step, RetentionStep::Create(_)))
                .all(|step| matches!(step, RetentionStep::Detach(_)));
            prop_assert!(first_detach, "all partitions are made before one is taken out");
        }
    }

    #[test]
    fn months_follow_each_other_without_a_gap() {
        let mut days = 0;
        let mut month = Month::new(2_000, 1);
        while month < Month::new(2_400, 1) {
            days += month.days();
            assert!(month.first_day() < month.plus(1).first_day());
            month = month.plus(1);
        }
        assert_eq!(days, 146_097, "the days of 400 years of the Gregorian calendar");
        assert_eq!(Month::new(-1, 12).plus(1), Month::new(0, 1));
    }
}
