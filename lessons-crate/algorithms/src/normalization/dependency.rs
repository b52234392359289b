//! Functional dependencies.

use std::fmt;

use super::AttrSet;

/// A functional dependency X → Y: two rows that agree on X agree on Y.
///
/// # Examples
///
/// ```
/// use lessons::normalization::Fd;
///
/// let fd = Fd::letters("AB", "C");
/// assert_eq!(fd.to_string(), "AB -> C");
/// assert!(!fd.is_trivial());
/// ```
///
/// # Sources
///
/// E. F. Codd, "Further Normalization of the Data Base Relational Model", IBM Research Report RJ909, 1971.
/// W. W. Armstrong, "Dependency Structures of Data Base Relationships", IFIP Congress, 1974.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fd {
    /// What determines (X); may be empty, when the right side is the same in all rows.
    pub lhs: AttrSet,
    /// What is determined (Y).
    pub rhs: AttrSet,
}

impl Fd {
    /// X → Y.
    pub fn new(lhs: AttrSet, rhs: AttrSet) -> Self {
        Self { lhs, rhs }
    }

    /// X → Y from letters; see [`AttrSet::letters`].
    ///
    /// # Panics
    ///
    /// When a character is not one of A to Z.
    pub fn letters(lhs: &str, rhs: &str) -> Self {
        Self::new(AttrSet::letters(lhs), AttrSet::letters(rhs))
    }

    /// True when it says nothing: Y is part of X.
    pub fn is_trivial(self) -> bool {
        self.rhs.is_subset(self.lhs)
    }
}

impl fmt::Display for Fd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.lhs, self.rhs)
    }
}

impl fmt::Debug for Fd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
