//! Which request a call is part of, handed on through all protocols: W3C Trace Context.

use std::fmt;
use std::str::FromStr;

use crate::rng::Rng;

/// Entries that are kept of a `tracestate`.
const ENTRIES_MAX: usize = 32;

/// Why a header says nothing. Who gets such a one begins a new trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no {1}")]
pub struct TraceError(pub String, pub &'static str);

/// The header `traceparent`: the trace, who calls, and whether it is recorded.
///
/// # Complexity
///
/// O(1).
///
/// # Examples
///
/// ```
/// use lessons::authn::TraceParent;
/// use lessons::rng::Rng;
///
/// let caller: TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse()?;
/// let ours = caller.child(&mut Rng::new(1));
/// assert_eq!(ours.trace_id, caller.trace_id);
/// assert_ne!(ours.parent_id, caller.parent_id);
/// assert!(ours.sampled());
/// # Ok::<(), lessons::authn::TraceError>(())
/// ```
///
/// # Sources
///
/// S. Kanzhelev et al., "Trace Context", W3C Recommendation, 2021, section 3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    /// The same for all calls of one request; never 0.
    pub trace_id: u128,
    /// The call; never 0.
    pub parent_id: u64,
    /// The lowest bit says that the caller records it.
    pub flags: u8,
}

impl TraceParent {
    /// A new trace.
    pub fn new(sampled: bool, rng: &mut Rng) -> Self {
        let trace_id = u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64());
        Self { trace_id: trace_id.max(1), parent_id: rng.next_u64().max(1), flags: sampled.into() }
    }

    /// What this call sends to those that it calls: the same trace, an id of its own.
    #[must_use]
    pub fn child(&self, rng: &mut Rng) -> Self {
        Self { parent_id: rng.next_u64().max(1), ..*self }
    }

    /// Whether the caller records it.
    pub fn sampled(&self) -> bool {
        self.flags & 1 == 1
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Of flags, version 00 knows one; others must not be sent on.
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.parent_id, self.flags & 1)
    }
}

impl FromStr for TraceParent {
    type Err = TraceError;

    /// Reads a header of version 00, or of a later one as far as 00 goes.
    fn from_str(text: &str) -> Result<Self, TraceError> {
        let read = || {
            let (known, later) = text.split_at_checked(55)?;
            let parts: Vec<&str> = known.split('-').collect();
            let [version, trace, parent, flags] = parts[..] else { return None };
            let small = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c) || c == '-';
            let lengths = [version, trace, parent, flags].map(str::len) == [2, 32, 16, 2];
            // Version ff is none; 00 ends here, later ones may go on behind a dash.
            let end = later.is_empty() || (version != "00" && later.starts_with('-'));
            if !known.chars().all(small) || !lengths || version == "ff" || !end {
                return None;
            }
            let trace_id = u128::from_str_radix(trace, 16).ok().filter(|id| *id != 0)?;
            let parent_id = u64::from_str_radix(parent, 16).ok().filter(|id| *id != 0)?;
            Some(Self { trace_id, parent_id, flags: u8::from_str_radix(flags, 16).ok()? })
        };
        read().ok_or_else(|| TraceError(text.to_owned(), "traceparent"))
    }
}

/// The header `tracestate`: what each system on the way adds for itself, the last one first.
///
/// # Examples
///
/// ```
/// use lessons::authn::TraceState;
///
/// let mut state: TraceState = "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7".parse()?;
/// state.set("rojo", "00f067aa0ba902b8")?;
/// assert_eq!(state.to_string(), "rojo=00f067aa0ba902b8,congo=t61rcWkgMzE");
/// # Ok::<(), lessons::authn::TraceError>(())
/// ```
///
/// # Sources
///
/// W3C Trace Context, 2021, section 3.3.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceState {
    entries: Vec<(String, String)>,
}

impl TraceState {
    /// The value of a system.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str())
    }

    /// Sets a value, and moves it to the front; the last of more than 32 goes.
    ///
    /// # Errors
    ///
    /// When the key or the value has a sign that it may not have.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), TraceError> {
        if !is_key(key) || !is_value(value) {
            return Err(TraceError(format!("{key}={value}"), "entry of a tracestate"));
        }
        self.entries.retain(|(own, _)| own != key);
        self.entries.insert(0, (key.to_owned(), value.to_owned()));
        self.entries.truncate(ENTRIES_MAX);
        Ok(())
    }
}

impl FromStr for TraceState {
    type Err = TraceError;

    fn from_str(text: &str) -> Result<Self, TraceError> {
        let error = || TraceError(text.to_owned(), "tracestate");
        let mut entries: Vec<(String, String)> = Vec::new();
        for entry in text.split(',').map(|entry| entry.trim_matches([' ', '\t'])) {
            if entry.is_empty() {
                continue;
            }
            let (key, value) = entry.split_once('=').ok_or_else(error)?;
            let twice = entries.iter().any(|(own, _)| own == key);
            if !is_key(key) || !is_value(value) || twice || entries.len() == ENTRIES_MAX {
                return Err(error());
            }
            entries.push((key.to_owned(), value.to_owned()));
        }
        Ok(Self { entries })
    }
}

impl fmt::Display for TraceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (key, value)) in self.entries.iter().enumerate() {
            write!(f, "{}{key}={value}", if at > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

/// `vendor`, or `tenant@vendor`.
fn is_key(key: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/".contains(&byte);
    let part = |text: &str, longest: usize, digit_first: bool| {
        let first = text.bytes().next();
        (1..=longest).contains(&text.len())
            && text.bytes().all(good)
            && first.is_some_and(|byte| byte.is_ascii_lowercase() || (digit_first && byte.is_ascii_digit()))
    };
    match key.split_once('@') {
        Some((tenant, vendor)) => part(tenant, 241, true) && part(vendor, 14, false),
        None => part(key, 256, false),
    }
}

fn is_value(value: &str) -> bool {
    let good = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b',' && byte != b'=';
    (1..=256).contains(&value.len()) && value.bytes().all(good) && !value.ends_with(' ')
}
