//! Patterns of paths.

use super::RouteMatch;

/// Why a pattern is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// The pattern does not begin with a slash.
    #[error("the pattern {0:?} must begin with /")]
    NoSlash(String),
    /// A brace is not that of a whole segment, or a name is missing.
    #[error("in the pattern {pattern:?}, the segment {segment:?} must be literal, {{name}} or {{*name}}")]
    BadSegment {
        /// The pattern.
        pattern: String,
        /// The segment.
        segment: String,
    },
    /// Something follows `{*name}`.
    #[error("in the pattern {0:?}, nothing can follow {{*name}}, which takes all that is left")]
    RestNotLast(String),
    /// Two parameters of one name.
    #[error("in the pattern {pattern:?}, the name {name:?} stands twice")]
    SameName {
        /// The pattern.
        pattern: String,
        /// The name.
        name: String,
    },
    /// A pattern that is there fits the same paths.
    #[error("the pattern {pattern:?} fits the same paths as {existing:?}: give the route once")]
    Duplicate {
        /// The pattern.
        pattern: String,
        /// The one that is there.
        existing: String,
    },
}

/// One segment; in the order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Segment {
    Literal(String),
    Param,
    Rest,
}

/// A parsed pattern.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) text: String,
    pub(super) segments: Vec<Segment>,
    /// The names of the parameters, from left to right.
    pub(super) names: Vec<String>,
}

impl Pattern {
    pub(super) fn parse(text: &str) -> Result<Self, RouteError> {
        let inner = text.strip_prefix('/').ok_or_else(|| RouteError::NoSlash(text.into()))?;
        let (mut segments, mut names) = (Vec::new(), Vec::<String>::new());
        for segment in inner.split('/') {
            if segments.last() == Some(&Segment::Rest) {
                return Err(RouteError::RestNotLast(text.into()));
            }
            let Some(name) = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) else {
                if segment.contains(['{', '}']) {
                    return Err(RouteError::BadSegment { pattern: text.into(), segment: segment.into() });
                }
                segments.push(Segment::Literal(segment.into()));
                continue;
            };
            let (kind, name) = match name.strip_prefix('*') {
                Some(name) => (Segment::Rest, name),
                None => (Segment::Param, name),
            };
            if name.is_empty() || name.contains(['{', '}', '*']) {
                return Err(RouteError::BadSegment { pattern: text.into(), segment: segment.into() });
            }
            if names.iter().any(|own| own == name) {
                return Err(RouteError::SameName { pattern: text.into(), name: name.into() });
            }
            segments.push(kind);
            names.push(name.into());
        }
        Ok(Self { text: text.into(), segments, names })
    }

    /// The values of the parameters, when the pattern fits.
    pub(super) fn values<'p>(&self, path: &'p str) -> Option<Vec<&'p str>> {
        let mut left = path.strip_prefix('/');
        let mut values = Vec::new();
        for segment in &self.segments {
            let rest = left?;
            let (first, after) = match rest.split_once('/') {
                Some((first, after)) => (first, Some(after)),
                None => (rest, None),
            };
            match segment {
                Segment::Literal(literal) if literal == first => left = after,
                Segment::Param if !first.is_empty() => {
                    values.push(first);
                    left = after;
                }
                Segment::Rest if !rest.is_empty() => {
                    values.push(rest);
                    left = None;
                }
                _ => return None,
            }
        }
        left.is_none().then_some(values)
    }

    /// How many literal segments it begins with.
    pub(super) fn literal_segments(&self) -> usize {
        self.segments.iter().take_while(|segment| matches!(segment, Segment::Literal(_))).count()
    }

    pub(super) fn matched<'a>(&'a self, route: usize, values: Vec<&'a str>) -> RouteMatch<'a> {
        let params = self.names.iter().map(String::as_str).zip(values).collect();
        RouteMatch { route, pattern: &self.text, params }
    }

    pub(super) fn duplicate_of(&self, existing: &Self) -> RouteError {
        RouteError::Duplicate { pattern: self.text.clone(), existing: existing.text.clone() }
    }
}
