//! Sets of attributes, as bits of one word.

use std::fmt;
use std::ops::{BitAnd, BitOr, Sub};

/// A set of at most 64 attributes, each known by its number.
///
/// Without a schema the attributes are called A, B, C and so on.
///
/// # Examples
///
/// ```
/// use lessons::normalization::AttrSet;
///
/// let ab = AttrSet::letters("AB");
/// let bc = AttrSet::letters("BC");
/// assert_eq!(ab | bc, AttrSet::letters("ABC"));
/// assert_eq!((ab & bc).to_string(), "B");
/// assert!((ab & bc).is_subset(ab));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttrSet(pub u64);

impl AttrSet {
    /// The set without attributes.
    pub const EMPTY: Self = Self(0);
    /// The most attributes that a set can hold.
    pub const MAX: usize = 64;

    /// The attributes 0 to `count` - 1.
    ///
    /// # Panics
    ///
    /// When `count` is above 64.
    pub fn first(count: usize) -> Self {
        assert!(count <= Self::MAX, "{count} attributes are too many: a set has at most 64");
        (0..count).collect()
    }

    /// The attributes of these letters, A to Z.
    ///
    /// # Panics
    ///
    /// When a character is not one of A to Z.
    pub fn letters(letters: &str) -> Self {
        let number = |letter: char| {
            assert!(letter.is_ascii_uppercase(), "`{letter}` is not one of A to Z");
            letter as usize - 'A' as usize
        };
        letters.chars().map(number).collect()
    }

    /// The set with this attribute alone.
    pub fn one(attribute: usize) -> Self {
        Self(1 << attribute)
    }

    /// How many attributes are in it.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// True for the set without attributes.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the attribute is in it.
    pub fn contains(self, attribute: usize) -> bool {
        attribute < Self::MAX && self.0 >> attribute & 1 == 1
    }

    /// Adds an attribute.
    pub fn insert(&mut self, attribute: usize) {
        self.0 |= 1 << attribute;
    }

    /// Whether all of it is in the other set.
    pub fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Its attributes, from the smallest.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let next = (left != 0).then(|| left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(next)
        })
    }

    /// All its subsets, the empty one and itself included: 2 to the power of its size.
    pub fn subsets(self) -> impl Iterator<Item = Self> {
        let mut next = Some(0u64);
        std::iter::from_fn(move || {
            let current = next?;
            // The next number that uses only the bits of the set.
            next = (current != self.0).then(|| (current | !self.0).wrapping_add(1) & self.0);
            Some(Self(current))
        })
    }
}

impl FromIterator<usize> for AttrSet {
    fn from_iter<I: IntoIterator<Item = usize>>(attributes: I) -> Self {
        attributes.into_iter().fold(Self::EMPTY, |set, attribute| set | Self::one(attribute))
    }
}

impl BitOr for AttrSet {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for AttrSet {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Sub for AttrSet {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl fmt::Display for AttrSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("{}");
        }
        for attribute in self.iter() {
            match u8::try_from(attribute).ok().filter(|number| *number < 26) {
                Some(number) => write!(f, "{}", char::from(b'A' + number))?,
                None => write!(f, "[{attribute}]")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for AttrSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
