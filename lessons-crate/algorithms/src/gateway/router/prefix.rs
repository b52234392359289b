//! Patterns by the hash of their literal beginning.

use super::{Pattern, RouteError, RouteMatch, Router};
use crate::hash::hash_str;

/// Keeps patterns in a hash table by the literal segments with which they begin, and looks a path up by each of
/// its beginnings, the longest first: O(segments) hashes per match, and a comparison with each pattern that
/// shares the beginning. When all begin alike (`/{tenant}/...`) it is the linear search again.
///
/// # Examples
///
/// ```
/// use lessons::gateway::{PrefixRouter, Router};
///
/// let mut router = PrefixRouter::default();
/// router.insert("/orders/{id}/parts")?;
/// assert_eq!(router.find("/orders/17/parts").map(|found| found.route), Some(0));
/// # Ok::<(), lessons::gateway::RouteError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct PrefixRouter {
    patterns: Vec<Pattern>,
    /// The numbers of the patterns, by the hash of their beginning modulo the number of slots.
    slots: Vec<Vec<usize>>,
    /// No pattern begins with more literal segments.
    longest: usize,
}

impl PrefixRouter {
    /// The beginning of the pattern, as it stands in a path.
    fn beginning(pattern: &Pattern) -> &str {
        let end = pattern.text.match_indices('/').nth(pattern.literal_segments());
        end.map_or(&pattern.text, |(at, _)| &pattern.text[..at])
    }

    fn slot(&self, beginning: &str) -> usize {
        (hash_str(beginning, 0) % self.slots.len() as u64) as usize
    }

    fn grow(&mut self) {
        self.slots = vec![Vec::new(); (2 * self.slots.len()).max(16)];
        for number in 0..self.patterns.len() {
            let slot = self.slot(Self::beginning(&self.patterns[number]));
            self.slots[slot].push(number);
        }
    }

    /// The best of the patterns that begin so and fit.
    fn best<'a>(&'a self, beginning: &str, path: &'a str) -> Option<RouteMatch<'a>> {
        let fits = |&route: &usize| {
            let pattern = &self.patterns[route];
            (Self::beginning(pattern) == beginning).then_some(())?;
            Some((route, pattern, pattern.values(path)?))
        };
        let fitting = self.slots[self.slot(beginning)].iter().filter_map(fits);
        let best = fitting.min_by(|(_, one, _), (_, other, _)| one.segments.cmp(&other.segments));
        best.map(|(route, pattern, values)| pattern.matched(route, values))
    }
}

impl Router for PrefixRouter {
    fn name(&self) -> &'static str {
        "hash of the prefix"
    }

    fn insert(&mut self, pattern: &str) -> Result<usize, RouteError> {
        let pattern = Pattern::parse(pattern)?;
        if self.patterns.len() >= self.slots.len() {
            self.grow();
        }
        let slot = self.slot(Self::beginning(&pattern));
        let existing = self.slots[slot].iter().map(|&number| &self.patterns[number]);
        if let Some(existing) = existing.into_iter().find(|existing| existing.segments == pattern.segments) {
            return Err(pattern.duplicate_of(existing));
        }
        self.longest = self.longest.max(pattern.literal_segments());
        self.slots[slot].push(self.patterns.len());
        self.patterns.push(pattern);
        Ok(self.patterns.len() - 1)
    }

    fn find<'a>(&'a self, path: &'a str) -> Option<RouteMatch<'a>> {
        if self.is_empty() || !path.starts_with('/') {
            return None;
        }
        // Where the path can be cut: before each slash, and at its end. A longer literal beginning is more
        // literal in the first segment that differs, so the first that fits is the best.
        let slashes = path.match_indices('/').map(|(at, _)| at);
        let mut ends: Vec<usize> = slashes.chain([path.len()]).take(self.longest + 1).collect();
        std::iter::from_fn(|| ends.pop()).find_map(|end| self.best(&path[..end], path))
    }

    fn len(&self) -> usize {
        self.patterns.len()
    }
}
