//! Problem details: errors that programs can read.

use std::fmt;

use serde_json::{Map, Value};

/// What stands in the body of an error, as `application/problem+json`.
///
/// # Examples
///
/// ```
/// use lessons::rest::Problem;
///
/// let problem = Problem::new(412, "The to-do was changed by somebody else")
///     .detail("You sent \"3\", and it is at \"5\" now.")
///     .with("current", 5);
/// let text = problem.to_json().to_string();
/// assert_eq!(Problem::parse(&text), Some(problem));
/// ```
///
/// # Sources
///
/// M. Nottingham, E. Wilde, S. Dalal, "Problem Details for HTTP APIs", RFC 9457, 2023.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// A URI that names the kind of problem; `about:blank` when the status says all.
    pub kind: String,
    /// The kind in words, the same each time.
    pub title: Option<String>,
    /// The status, for those who see only the body.
    pub status: Option<u16>,
    /// What went wrong this time, and what to do about it.
    pub detail: Option<String>,
    /// A URI of this very case.
    pub instance: Option<String>,
    /// Other members. A client ignores those that it does not know.
    pub extensions: Map<String, Value>,
}

/// The media type of a problem in JSON.
const MEDIA_TYPE: &str = "application/problem+json";
/// Members that have a meaning.
const KNOWN: [&str; 5] = ["type", "title", "status", "detail", "instance"];

impl Problem {
    /// What `Content-Type` says of it.
    pub const MEDIA_TYPE: &'static str = MEDIA_TYPE;

    /// A problem without a kind of its own.
    pub fn new(status: u16, title: &str) -> Self {
        Self {
            kind: "about:blank".to_owned(),
            title: Some(title.to_owned()),
            status: Some(status),
            detail: None,
            instance: None,
            extensions: Map::new(),
        }
    }

    /// With a URI that names its kind.
    #[must_use]
    pub fn kind(self, uri: &str) -> Self {
        Self { kind: uri.to_owned(), ..self }
    }

    /// With what went wrong this time.
    #[must_use]
    pub fn detail(self, detail: &str) -> Self {
        Self { detail: Some(detail.to_owned()), ..self }
    }

    /// With a member of its own; the names of the five known ones are left alone.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if !KNOWN.contains(&name) {
            self.extensions.insert(name.to_owned(), value.into());
        }
        self
    }

    /// As JSON.
    pub fn to_json(&self) -> Value {
        let mut members = self.extensions.clone();
        let texts = [("title", &self.title), ("detail", &self.detail), ("instance", &self.instance)];
        for (name, text) in texts {
            if let Some(text) = text {
                members.insert(name.to_owned(), Value::from(text.as_str()));
            }
        }
        if self.kind != "about:blank" {
            members.insert("type".to_owned(), Value::from(self.kind.as_str()));
        }
        if let Some(status) = self.status {
            members.insert("status".to_owned(), Value::from(status));
        }
        Value::Object(members)
    }

    /// Reads one. A known member of the wrong type is ignored, and unknown members are kept. `None` when the text is
    /// no JSON object.
    pub fn parse(text: &str) -> Option<Self> {
        let Ok(Value::Object(mut members)) = serde_json::from_str(text) else { return None };
        let mut taken = |name: &str| members.remove(name);
        let [kind, title, detail, instance] = ["type", "title", "detail", "instance"]
            .map(|name| taken(name).and_then(|value| value.as_str().map(str::to_owned)));
        let status = taken("status").and_then(|value| value.as_u64());
        let status = status.and_then(|status| u16::try_from(status).ok());
        let status = status.filter(|status| (100..600).contains(status));
        let kind = kind.unwrap_or_else(|| "about:blank".to_owned());
        Some(Self { kind, title, status, detail, instance, extensions: members })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.title.as_deref().unwrap_or(&self.kind))?;
        match &self.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}
