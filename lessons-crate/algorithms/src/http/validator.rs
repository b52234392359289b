//! Validators: names for versions.

use std::fmt;
use std::time::Duration;

/// An entity tag: an opaque name of one version of a representation.
///
/// A *strong* tag changes whenever any byte changes. A *weak* one (`W/"..."`) may stay when the change does not matter,
/// or when the same content has several byte sequences, such as compressed and not.
///
/// # Examples
///
/// ```
/// use lessons::http::ETag;
///
/// let (weak, strong) = (ETag::parse("W/\"7\"").unwrap(), ETag::parse("\"7\"").unwrap());
/// assert!(weak.weak_eq(&strong));    // Good enough for a 304.
/// assert!(!weak.strong_eq(&strong)); // Not for an update.
/// ```
///
/// # Sources
///
/// RFC 9110, 2022, section 8.8.3.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ETag {
    weak: bool,
    opaque: String,
}

impl ETag {
    /// A strong tag. Its text may hold any visible character but the double quote, which is left out.
    pub fn strong(text: &str) -> Self {
        Self { weak: false, opaque: text.chars().filter(|letter| is_opaque(*letter)).collect() }
    }

    /// A weak tag.
    pub fn weak(text: &str) -> Self {
        Self { weak: true, ..Self::strong(text) }
    }

    /// Reads one tag, with its quotes. `None` when it is none: `7` without quotes, or `w/"7"`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (weak, quoted) = text.strip_prefix("W/").map_or((false, text), |quoted| (true, quoted));
        let opaque = quoted.strip_prefix('"')?.strip_suffix('"')?;
        opaque.chars().all(is_opaque).then(|| Self { weak, opaque: opaque.to_owned() })
    }

    /// Whether it is weak.
    pub fn is_weak(&self) -> bool {
        self.weak
    }

    /// The same version, byte by byte: both are strong and have the same text.
    pub fn strong_eq(&self, other: &Self) -> bool {
        !self.weak && !other.weak && self.opaque == other.opaque
    }

    /// The same content: their texts are the same.
    pub fn weak_eq(&self, other: &Self) -> bool {
        self.opaque == other.opaque
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\"{}\"", if self.weak { "W/" } else { "" }, self.opaque)
    }
}

fn is_opaque(letter: char) -> bool {
    letter != '"' && !letter.is_control() && letter != ' '
}

/// What is known of the present version of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validator {
    /// Its tag, if it has one.
    pub etag: Option<ETag>,
    /// When it was last changed, in whole seconds since 1970, if that is known.
    pub last_modified: Option<Duration>,
}
