//! What a query asks of a row, and what that says of one column.

use super::{Value, ValueSet};

/// A WHERE clause over columns that are known by number.
///
/// As in SQL a comparison with NULL is not true, so a row with NULL passes only [`IsNull`](Self::IsNull),
/// [`Anything`](Self::Anything), and alternatives that do not look at the column.
///
/// # Examples
///
/// ```
/// use lessons::partitioning::Predicate;
///
/// // WHERE day >= 31 AND day < 59 AND region IN (1, 4)
/// let february = Predicate::at_least(0, 31).and(Predicate::below(0, 59)).and(Predicate::one_of(1, [1, 4]));
/// assert!(february.matches(&[Some(40), Some(4)]));
/// assert!(!february.matches(&[Some(40), None]));
/// assert_eq!(february.possible(0).intervals(), [(31, 58)]);
/// ```
#[derive(Clone, Debug)]
pub enum Predicate {
    /// Every row.
    Anything,
    /// The column is from `first` to `last`, both included.
    Between {
        /// Which column.
        column: usize,
        /// The smallest value that passes.
        first: i64,
        /// The largest.
        last: i64,
    },
    /// The column is one of these values.
    In {
        /// Which column.
        column: usize,
        /// The values that pass.
        values: Vec<i64>,
    },
    /// The column is NULL.
    IsNull {
        /// Which column.
        column: usize,
    },
    /// A function of the column is true, such as `extract(year from day) = 2026`. Nobody looks into it, so it says
    /// nothing of which values pass.
    Function {
        /// Which column.
        column: usize,
        /// Whether a value that is not NULL passes.
        test: fn(i64) -> bool,
    },
    /// All of these.
    And(Vec<Predicate>),
    /// At least one of these.
    Or(Vec<Predicate>),
}

impl Predicate {
    /// `column = value`.
    pub fn equals(column: usize, value: i64) -> Self {
        Self::Between { column, first: value, last: value }
    }

    /// `column BETWEEN first AND last`: both included.
    pub fn between(column: usize, first: i64, last: i64) -> Self {
        Self::Between { column, first, last }
    }

    /// `column >= first`.
    pub fn at_least(column: usize, first: i64) -> Self {
        Self::Between { column, first, last: i64::MAX }
    }

    /// `column < end`.
    pub fn below(column: usize, end: i64) -> Self {
        match end.checked_sub(1) {
            Some(last) => Self::Between { column, first: i64::MIN, last },
            // Nothing is below the smallest integer.
            None => Self::Or(Vec::new()),
        }
    }

    /// `column IN (values)`.
    pub fn one_of(column: usize, values: impl IntoIterator<Item = i64>) -> Self {
        Self::In { column, values: values.into_iter().collect() }
    }

    /// `column IS NULL`.
    pub fn is_null(column: usize) -> Self {
        Self::IsNull { column }
    }

    /// `test(column)`, with a function that nobody looks into.
    pub fn function(column: usize, test: fn(i64) -> bool) -> Self {
        Self::Function { column, test }
    }

    /// This and another.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::And(mut all) => {
                all.push(other);
                Self::And(all)
            }
            first => Self::And(vec![first, other]),
        }
    }

    /// This or another.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Or(mut any) => {
                any.push(other);
                Self::Or(any)
            }
            first => Self::Or(vec![first, other]),
        }
    }

    /// Whether a row passes; a column that it does not have is NULL.
    pub fn matches(&self, row: &[Value]) -> bool {
        let value = |column: usize| row.get(column).copied().flatten();
        match self {
            Self::Anything => true,
            Self::Between { column, first, last } => {
                value(*column).is_some_and(|value| (*first..=*last).contains(&value))
            }
            Self::In { column, values } => value(*column).is_some_and(|value| values.contains(&value)),
            Self::IsNull { column } => value(*column).is_none(),
            Self::Function { column, test } => value(*column).is_some_and(test),
            Self::And(all) => all.iter().all(|part| part.matches(row)),
            Self::Or(any) => any.iter().any(|part| part.matches(row)),
        }
    }

    /// The values that a row which passes can have in this column: never too few, sometimes too many.
    ///
    /// An AND of what is said of this column is exact. What is said of other columns, and by functions, is not looked
    /// at; and an OR over two columns forgets which of its halves belong together.
    pub fn possible(&self, column: usize) -> ValueSet {
        match self {
            Self::Between { column: other, first, last } if *other == column => {
                ValueSet::between(*first, *last)
            }
            Self::In { column: other, values } if *other == column => {
                ValueSet::of(values.iter().copied().map(Some))
            }
            Self::IsNull { column: other } if *other == column => ValueSet::null(),
            // The function is a closed box, but it is not true of NULL.
            Self::Function { column: other, .. } if *other == column => ValueSet::between(i64::MIN, i64::MAX),
            Self::And(all) => {
                all.iter().fold(ValueSet::all(), |set, part| set.intersection(&part.possible(column)))
            }
            Self::Or(any) => any.iter().fold(ValueSet::none(), |set, part| set.union(&part.possible(column))),
            _ => ValueSet::all(),
        }
    }
}
