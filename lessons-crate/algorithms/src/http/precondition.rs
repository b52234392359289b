//! Conditional requests.

use std::time::Duration;

use super::date;
use super::fields::Fields;
use super::method::Method;
use super::validator::{ETag, Validator};

/// The conditions of a request, as its fields say them.
///
/// # Examples
///
/// ```
/// use lessons::http::{ETag, Fields, Method, Outcome, Preconditions, Validator};
///
/// let now = Validator { etag: Some(ETag::strong("8")), last_modified: None };
/// let read = Preconditions::of(&Fields::from([("If-None-Match", "\"7\", \"8\"")]));
/// assert_eq!(read.evaluate(Some(&now), Method::Get), Outcome::NotModified);
/// let write = Preconditions::of(&Fields::from([("If-Match", "\"7\"")]));
/// assert_eq!(write.evaluate(Some(&now), Method::Put), Outcome::Failed); // Somebody was faster.
/// ```
///
/// # Sources
///
/// R. Fielding, M. Nottingham, J. Reschke, "HTTP Semantics", RFC 9110, 2022, sections 13.1 and 13.2.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preconditions {
    /// Only if the present version is one of these (strong comparison).
    pub if_match: Option<Matching>,
    /// Only if it is none of these (weak comparison).
    pub if_none_match: Option<Matching>,
    /// Only if it was changed after this.
    pub if_modified_since: Option<Duration>,
    /// Only if it was not changed after this.
    pub if_unmodified_since: Option<Duration>,
    /// A part, if it is still this version; else the whole.
    pub if_range: Option<IfRange>,
    /// Whether a part is asked for.
    pub range: bool,
}

/// The versions that a condition names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matching {
    /// `*`: any version, as long as there is one.
    Any,
    /// These.
    Tags(Vec<ETag>),
}

/// The version that a part must be of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfRange {
    /// By its tag (strong comparison).
    Tag(ETag),
    /// By exactly this time of its last change.
    Date(Duration),
}

/// What a server does with a request after it has looked at the conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What the method says.
    Proceed,
    /// What the method says, but sends the part that was asked for (206).
    Part,
    /// 304: the client's copy is good.
    NotModified,
    /// 412: nothing is changed.
    Failed,
}

impl Preconditions {
    /// Reads the fields. A date that is none is ignored, as section 13.1.3 asks.
    pub fn of(fields: &Fields) -> Self {
        let time = |name| fields.get(name).and_then(date::parse);
        let if_range = fields.get("if-range").and_then(|value| {
            ETag::parse(value).map(IfRange::Tag).or_else(|| date::parse(value).map(IfRange::Date))
        });
        Self {
            if_match: Matching::of(fields, "if-match"),
            if_none_match: Matching::of(fields, "if-none-match"),
            if_modified_since: time("if-modified-since"),
            if_unmodified_since: time("if-unmodified-since"),
            if_range,
            range: fields.get("range").is_some(),
        }
    }

    /// Looks at the conditions, in the order of section 13.2.2. `current` is `None` when the target does not exist.
    ///
    /// Ask only when the same request without conditions would be answered with 2xx or 412: a missing page is 404
    /// whatever the conditions say (section 13.2.1).
    pub fn evaluate(&self, current: Option<&Validator>, method: Method) -> Outcome {
        if matches!(method, Method::Connect | Method::Options | Method::Trace) {
            return Outcome::Proceed;
        }
        let reads = matches!(method, Method::Get | Method::Head);
        let changed = current.and_then(|now| now.last_modified);
        let holds = match (&self.if_match, self.if_unmodified_since, changed) {
            (Some(matching), ..) => matching.names(current, ETag::strong_eq),
            (None, Some(since), Some(changed)) => changed <= since,
            _ => true,
        };
        if !holds {
            return Outcome::Failed;
        }
        if let Some(matching) = &self.if_none_match {
            if matching.names(current, ETag::weak_eq) {
                return if reads { Outcome::NotModified } else { Outcome::Failed };
            }
        } else if let (true, Some(since), Some(changed)) = (reads, self.if_modified_since, changed)
            && changed <= since
        {
            return Outcome::NotModified;
        }
        match &self.if_range {
            _ if method != Method::Get || !self.range => Outcome::Proceed,
            Some(IfRange::Tag(tag)) => {
                let same = current.and_then(|now| now.etag.as_ref()).is_some_and(|now| now.strong_eq(tag));
                if same { Outcome::Part } else { Outcome::Proceed }
            }
            Some(IfRange::Date(date)) if changed != Some(*date) => Outcome::Proceed,
            _ => Outcome::Part,
        }
    }
}

impl Matching {
    fn of(fields: &Fields, name: &str) -> Option<Self> {
        fields.get(name)?;
        let members: Vec<&str> = fields.list(name).collect();
        Some(match members[..] {
            ["*"] => Self::Any,
            _ => Self::Tags(members.into_iter().filter_map(ETag::parse).collect()),
        })
    }

    /// Whether the present version is one of these.
    fn names(&self, current: Option<&Validator>, same: fn(&ETag, &ETag) -> bool) -> bool {
        match (self, current) {
            (_, None) => false,
            (Self::Any, Some(_)) => true,
            (Self::Tags(tags), Some(now)) => {
                now.etag.as_ref().is_some_and(|now| tags.iter().any(|tag| same(tag, now)))
            }
        }
    }
}
