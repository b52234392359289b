//! Names: labels from the inside out, ending at the root.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use super::wire::{DnsError, u8_at};

/// The longest label, in bytes.
const LABEL_BYTES_MAX: usize = 63;
/// The longest name, with the length byte of each label and the empty one of the root.
const NAME_BYTES_MAX: usize = 255;
/// Pointers have 14 bits: what lies beyond cannot be pointed at.
const POINTER_MAX: usize = 0x3fff;

/// Why a text is no name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Two dots in a row, or one at the beginning.
    #[error("{0:?} has an empty label")]
    EmptyLabel(String),
    /// A label of more than 63 bytes.
    #[error("{0:?} has a label of more than 63 bytes")]
    LabelTooLong(String),
    /// More than 255 bytes.
    #[error("{0:?} has more than 255 bytes")]
    TooLong(String),
    /// A backslash that is not followed by a sign or three digits up to 255.
    #[error("{0:?} has a backslash without what it stands for")]
    Escape(String),
}

/// A domain name. Capital and small letters are equal; the text keeps what was written.
///
/// The order is the canonical one: by labels from the root, so that all names below one follow it.
///
/// # Examples
///
/// ```
/// use lessons::dns::Name;
///
/// let name: Name = "www.Example.test".parse()?;
/// assert_eq!(name, "WWW.example.test.".parse()?);
/// assert_eq!(name.to_string(), "www.Example.test.");
/// assert!(name.is_within(&"test".parse()?));
/// assert_eq!(name.wire_len(), 18);
/// # Ok::<(), lessons::dns::NameError>(())
/// ```
///
/// # Sources
///
/// P. Mockapetris, "Domain Names - Implementation and Specification", RFC 1035, 1987, sections 2.3.4 and 3.1; order:
/// R. Arends et al., RFC 4034, 2005, section 6.1.
#[derive(Clone, Debug, Default)]
pub struct Name {
    /// From the leftmost on, without the root. Invariant: 1 to 63 bytes each, 255 with their lengths and the root's.
    labels: Vec<Vec<u8>>,
}

impl Name {
    /// The root: no labels.
    pub fn root() -> Self {
        Self::default()
    }

    /// Whether it is the root.
    pub fn is_root(&self) -> bool {
        self.labels.is_empty()
    }

    /// The labels, from the leftmost on.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &[u8]> + ExactSizeIterator {
        self.labels.iter().map(Vec::as_slice)
    }

    /// How many labels it has; the root has none.
    pub fn label_count(&self) -> usize {
        self.labels.len()
    }

    /// The bytes it takes in a message if nothing is compressed.
    pub fn wire_len(&self) -> usize {
        self.labels.iter().map(|label| label.len() + 1).sum::<usize>() + 1
    }

    /// The name without its first label; the root has none above.
    pub fn parent(&self) -> Option<Self> {
        let (_, rest) = self.labels.split_first()?;
        Some(Self { labels: rest.to_vec() })
    }

    /// The last so many labels.
    pub fn suffix(&self, count: usize) -> Self {
        Self { labels: self.labels[self.labels.len() - count.min(self.labels.len())..].to_vec() }
    }

    /// Whether it is another name or below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.labels.len() >= other.labels.len() && self.suffix(other.labels.len()) == *other
    }

    /// The name with a label before it; `None` when it would be too long.
    pub fn child(&self, label: &[u8]) -> Option<Self> {
        let fits = (1..=LABEL_BYTES_MAX).contains(&label.len());
        let labels = std::iter::once(label.to_vec()).chain(self.labels.iter().cloned()).collect();
        Some(Self { labels }).filter(|name| fits && name.wire_len() <= NAME_BYTES_MAX)
    }

    /// Whether its first label is `*`.
    pub fn is_wildcard(&self) -> bool {
        self.labels.first().is_some_and(|label| label == b"*")
    }

    /// Reads a name as zone files write it: one that does not end in a dot is below `origin`; `@` is the origin.
    ///
    /// # Errors
    ///
    /// See [`NameError`].
    pub fn parse_below(text: &str, origin: &Self) -> Result<Self, NameError> {
        if text == "@" {
            return Ok(origin.clone());
        }
        let error = |kind: fn(String) -> NameError| kind(text.to_owned());
        let mut labels = vec![Vec::new()];
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            let last = labels.len() - 1;
            match byte {
                b'.' => labels.push(Vec::new()),
                b'\\' => labels[last].push(escaped(&mut bytes).ok_or_else(|| error(NameError::Escape))?),
                _ => labels[last].push(byte),
            }
        }
        let absolute = labels.last().is_some_and(Vec::is_empty);
        if absolute {
            labels.pop();
        }
        // The text "." is the root, which has a dot and nothing else.
        if text == "." {
            labels.clear();
        }
        if text.is_empty() || labels.iter().any(Vec::is_empty) {
            return Err(error(NameError::EmptyLabel));
        }
        if labels.iter().any(|label| label.len() > LABEL_BYTES_MAX) {
            return Err(error(NameError::LabelTooLong));
        }
        if !absolute {
            labels.extend(origin.labels.iter().cloned());
        }
        let name = Self { labels };
        if name.wire_len() > NAME_BYTES_MAX {
            return Err(error(NameError::TooLong));
        }
        Ok(name)
    }

    /// Labels in small letters, from the root: what names are compared by.
    fn folded(&self) -> impl Iterator<Item = impl Iterator<Item = u8>> {
        self.labels.iter().rev().map(|label| label.iter().map(u8::to_ascii_lowercase))
    }

    /// Appends the name to a message, and remembers where its ends are; with `compress`, as few labels as possible are
    /// written, and then a pointer to where the rest is already.
    pub(super) fn put(&self, ends: &mut BTreeMap<Name, usize>, compress: bool, out: &mut Vec<u8>) {
        for skipped in 0..self.labels.len() {
            let rest = self.suffix(self.labels.len() - skipped);
            if let (true, Some(at)) = (compress, ends.get(&rest)) {
                out.extend((0xc000 | *at as u16).to_be_bytes());
                return;
            }
            if out.len() <= POINTER_MAX {
                ends.entry(rest).or_insert(out.len());
            }
            let label = &self.labels[skipped];
            out.push(label.len() as u8);
            out.extend_from_slice(label);
        }
        out.push(0);
    }
}

/// What follows a backslash: three digits are a byte, anything else is itself.
fn escaped(bytes: &mut std::str::Bytes<'_>) -> Option<u8> {
    let first = bytes.next()?;
    if !first.is_ascii_digit() {
        return Some(first);
    }
    let digits = [first, bytes.next()?, bytes.next()?];
    std::str::from_utf8(&digits).ok()?.parse().ok().filter(|_| digits.iter().all(u8::is_ascii_digit))
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.labels.len() == other.labels.len()
            && self.labels.iter().zip(&other.labels).all(|(one, other)| one.eq_ignore_ascii_case(other))
    }
}

impl Eq for Name {}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut ours, mut theirs) = (self.folded(), other.folded());
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return Ordering::Equal,
                (None, Some(_)) => return Ordering::Less,
                (Some(_), None) => return Ordering::Greater,
                (Some(one), Some(other)) => match one.cmp(other) {
                    Ordering::Equal => {}
                    order => return order,
                },
            }
        }
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for label in &self.labels {
            label.to_ascii_lowercase().hash(state);
        }
    }
}

impl FromStr for Name {
    type Err = NameError;

    /// A name; with or without the dot at its end it is the same.
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse_below(text, &Self::root())
    }
}

impl fmt::Display for Name {
    /// With the dot at its end; bytes that would be misread are escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for label in &self.labels {
            for &byte in label {
                match byte {
                    b'.' | b'\\' | b'"' | b';' | b'(' | b')' | b'@' | b'$' => {
                        write!(f, "\\{}", char::from(byte))?
                    }
                    b'!'..=b'~' => write!(f, "{}", char::from(byte))?,
                    _ => write!(f, "\\{byte:03}")?,
                }
            }
            f.write_str(".")?;
        }
        if self.labels.is_empty() { f.write_str(".") } else { Ok(()) }
    }
}

/// The name at `start` of a message, and where the next field begins: behind the name, or behind its first pointer.
///
/// A pointer must lead to before all that was read of the name so far. Each one then leads further back, so there are
/// only so many, and none leads in a circle.
///
/// # Complexity
///
/// O(255): a name that grows longer is refused.
///
/// # Errors
///
/// See [`DnsError`].
///
/// # Examples
///
/// ```
/// use lessons::dns::read_name;
///
/// // "F.ISI.ARPA" at 0, and at 12 "FOO" before a pointer to it: the example of RFC 1035, section 4.1.4.
/// let message = b"\x01F\x03ISI\x04ARPA\x00\x03FOO\xc0\x00";
/// let (name, next) = read_name(message, 12)?;
/// assert_eq!((name.to_string().as_str(), next), ("FOO.F.ISI.ARPA.", 18));
/// // A pointer to itself.
/// assert!(read_name(b"\xc0\x00", 0).is_err());
/// # Ok::<(), lessons::dns::DnsError>(())
/// ```
pub fn read_name(message: &[u8], start: usize) -> Result<(Name, usize), DnsError> {
    let mut labels = Vec::new();
    // Where reading goes on, where the name or the last pointed part of it began, and the end of the field.
    let (mut at, mut begin, mut next) = (start, start, None);
    let mut length = 1;
    loop {
        let first = u8_at(message, at)?;
        match first >> 6 {
            0 if first == 0 => return Ok((Name { labels }, next.unwrap_or(at + 1))),
            0 => {
                let label = message.get(at + 1..at + 1 + usize::from(first)).ok_or(DnsError::Truncated)?;
                length += label.len() + 1;
                if length > NAME_BYTES_MAX {
                    return Err(DnsError::NameTooLong);
                }
                labels.push(label.to_vec());
                at += 1 + label.len();
            }
            3 => {
                let target = usize::from(first & 0x3f) << 8 | usize::from(u8_at(message, at + 1)?);
                if target >= begin {
                    return Err(DnsError::Pointer { at, target });
                }
                next = next.or(Some(at + 2));
                (at, begin) = (target, target);
            }
            _ => return Err(DnsError::LabelType(first)),
        }
    }
}
