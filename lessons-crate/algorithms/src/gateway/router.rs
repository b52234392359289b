//! Which route does a path belong to?
//!
//! A pattern is a path whose segments are literal, `{name}` (any one segment) or, at the end, `{*name}` (all
//! that is left, at least one byte). Where several patterns fit, the one decides that is more literal in the
//! first segment in which they differ. So the order in which routes are added does not matter, unlike in
//! routers that take the first that fits.
//!
//! | router | looks at | match |
//! |---|---|---|
//! | [`LinearRouter`] | every pattern | O(routes · segments) |
//! | [`PrefixRouter`] | the patterns with the same literal beginning, found by its hash | O(segments), if few share one |
//! | [`RadixRouter`] | one edge after the other | O(length of the path), however many routes |

mod linear;
mod pattern;
mod prefix;
mod radix;
#[cfg(test)]
mod tests;

pub use linear::LinearRouter;
pub use pattern::RouteError;
use pattern::{Pattern, Segment};
pub use prefix::PrefixRouter;
pub use radix::RadixRouter;

/// The route of a path, and what its parameters are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteMatch<'a> {
    /// The number of the route, in the order of [`insert`](Router::insert), from 0.
    pub route: usize,
    /// The pattern as it was inserted.
    pub pattern: &'a str,
    /// Names and values of the parameters, from left to right.
    pub params: Vec<(&'a str, &'a str)>,
}

impl RouteMatch<'_> {
    /// The value of a parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(own, _)| *own == name).map(|&(_, value)| value)
    }
}

/// Finds the route of a path.
pub trait Router {
    /// The name of the algorithm, for plots and tables.
    fn name(&self) -> &'static str;

    /// Adds a route.
    ///
    /// # Errors
    ///
    /// When the pattern is none, or would fit exactly the same paths as one that is there.
    fn insert(&mut self, pattern: &str) -> Result<usize, RouteError>;

    /// The route of the path, without its query.
    fn find<'a>(&'a self, path: &'a str) -> Option<RouteMatch<'a>>;

    /// How many routes there are.
    fn len(&self) -> usize;

    /// Whether there is no route.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Routes as of a large API: of eight versions, with resources that have items, and items that have parts.
///
/// Half of the patterns have a parameter. The i-th of [`sample_paths`] belongs to the i-th of these.
pub fn sample_routes(count: usize) -> Vec<String> {
    let route = |number: usize| {
        let (resource, version) = (number / 4, number / 4 % 8 + 1);
        let base = format!("/v{version}/resource-{resource}");
        match number % 4 {
            0 => base,
            1 => format!("{base}/{{id}}"),
            2 => format!("{base}/recent"),
            _ => format!("{base}/{{id}}/parts/{{part}}"),
        }
    };
    (0..count).map(route).collect()
}

/// A path for each of [`sample_routes`].
pub fn sample_paths(count: usize) -> Vec<String> {
    let fill = |route: String| route.replace("{id}", "8412").replace("{part}", "17");
    sample_routes(count).into_iter().map(fill).collect()
}
