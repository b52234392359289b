//! Every pattern, one after the other.

use super::{Pattern, RouteError, RouteMatch, Router};

/// Compares the path with every pattern: O(routes · segments) per match. The naive twin of the others.
///
/// # Examples
///
/// ```
/// use lessons::gateway::{LinearRouter, Router};
///
/// let mut router = LinearRouter::default();
/// router.insert("/orders/{id}")?;
/// router.insert("/orders/recent")?;
/// assert_eq!(router.find("/orders/recent").map(|found| found.route), Some(1));
/// assert_eq!(router.find("/orders/17").and_then(|found| found.param("id").map(str::to_owned)), Some("17".into()));
/// # Ok::<(), lessons::gateway::RouteError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct LinearRouter {
    patterns: Vec<Pattern>,
}

impl Router for LinearRouter {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn insert(&mut self, pattern: &str) -> Result<usize, RouteError> {
        let pattern = Pattern::parse(pattern)?;
        if let Some(existing) = self.patterns.iter().find(|existing| existing.segments == pattern.segments) {
            return Err(pattern.duplicate_of(existing));
        }
        self.patterns.push(pattern);
        Ok(self.patterns.len() - 1)
    }

    fn find<'a>(&'a self, path: &'a str) -> Option<RouteMatch<'a>> {
        let fits = |(route, pattern): (usize, &'a Pattern)| Some((route, pattern, pattern.values(path)?));
        let fitting = self.patterns.iter().enumerate().filter_map(fits);
        // Of two that fit, literals are equal where both have one: so the order of the segments decides.
        let best = fitting.min_by(|(_, one, _), (_, other, _)| one.segments.cmp(&other.segments));
        best.map(|(route, pattern, values)| pattern.matched(route, values))
    }

    fn len(&self) -> usize {
        self.patterns.len()
    }
}
