//! A compressed trie of the patterns.

use super::{Pattern, RouteError, RouteMatch, Router, Segment};

/// A compressed radix trie: patterns that begin alike share the edges of their beginning, and an edge carries as
/// many bytes as nothing branches in. A match follows the bytes of the path: O(length of the path), as long as
/// it need not turn back; it turns back where a literal branch ends in nothing and a parameter may still fit,
/// in the worst case through every node whose edges fit.
///
/// # Sources
///
/// D. R. Morrison, "PATRICIA: Practical Algorithm To Retrieve Information Coded in Alphanumeric", Journal of the
/// ACM 15(4), 1968, doi:10.1145/321479.321481.
///
/// # Examples
///
/// ```
/// use lessons::gateway::{RadixRouter, Router};
///
/// let mut router = RadixRouter::default();
/// router.insert("/users/{id}")?;
/// router.insert("/users/me")?;
/// router.insert("/files/{*path}")?;
/// assert_eq!(router.find("/users/me").map(|found| found.route), Some(1));
/// assert_eq!(router.find("/users/melissa").map(|found| found.route), Some(0));
/// assert_eq!(router.find("/files/a/b.txt").map(|found| found.params), Some(vec![("path", "a/b.txt")]));
/// # Ok::<(), lessons::gateway::RouteError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct RadixRouter {
    patterns: Vec<Pattern>,
    root: Node,
}

#[derive(Clone, Debug, Default)]
struct Node {
    /// The bytes on the edge to this node. Invariant: empty only at the root and behind a parameter.
    edge: Vec<u8>,
    /// The first bytes of the edges of `literals`, in order, all different: a look at the children touches these,
    /// which lie side by side, and then one child.
    firsts: Vec<u8>,
    literals: Vec<Node>,
    /// What follows any one segment.
    param: Option<Box<Node>>,
    /// The route that takes all that is left.
    rest: Option<usize>,
    /// The route that ends here.
    route: Option<usize>,
}

impl Node {
    /// The node at the end of this literal text below this one; made when it is not there.
    fn descend(&mut self, text: &[u8]) -> &mut Self {
        let Some(&first) = text.first() else { return self };
        let at = match self.firsts.binary_search(&first) {
            Ok(at) => at,
            Err(at) => {
                self.firsts.insert(at, first);
                self.literals.insert(at, Self { edge: text.into(), ..Self::default() });
                at
            }
        };
        let child = &mut self.literals[at];
        let common = child.edge.iter().zip(text).take_while(|(one, other)| one == other).count();
        if common < child.edge.len() {
            // The edge is split where the texts part.
            let lower = child.edge.split_off(common);
            let upper = Self { edge: std::mem::take(&mut child.edge), ..Self::default() };
            let mut old = std::mem::replace(child, upper);
            old.edge = lower;
            child.firsts.push(old.edge[0]);
            child.literals.push(old);
        }
        child.descend(&text[common..])
    }

    /// The slot of the pattern's route below this node.
    fn slot(&mut self, pattern: &Pattern) -> &mut Option<usize> {
        let mut node = self;
        // Literal text that was read and not yet gone down.
        let mut text = String::new();
        for segment in &pattern.segments {
            text.push('/');
            match segment {
                Segment::Literal(literal) => text.push_str(literal),
                Segment::Param => {
                    node = node.descend(text.as_bytes()).param.get_or_insert_default();
                    text.clear();
                }
                Segment::Rest => return &mut node.descend(text.as_bytes()).rest,
            }
        }
        &mut node.descend(text.as_bytes()).route
    }

    /// The route of what is left of the path from the byte `at` on. An edge may end within a character, a
    /// parameter never begins or ends there: it is bounded by slashes.
    fn find<'p>(&self, path: &'p str, at: usize, values: &mut Vec<&'p str>) -> Option<usize> {
        let left = &path.as_bytes()[at..];
        let Some(first) = left.first() else { return self.route };
        if let Ok(child) = self.firsts.binary_search(first) {
            let child = &self.literals[child];
            if left.starts_with(&child.edge)
                && let Some(route) = child.find(path, at + child.edge.len(), values)
            {
                return Some(route);
            }
        }
        if let Some(param) = &self.param {
            let length = left.iter().position(|&byte| byte == b'/').unwrap_or(left.len());
            if length > 0 {
                values.push(&path[at..at + length]);
                if let Some(route) = param.find(path, at + length, values) {
                    return Some(route);
                }
                values.pop();
            }
        }
        let route = self.rest?;
        values.push(&path[at..]);
        Some(route)
    }

    fn nodes(&self) -> usize {
        let below = self.literals.iter().chain(self.param.as_deref());
        1 + below.map(Self::nodes).sum::<usize>()
    }
}

impl RadixRouter {
    /// How many nodes the trie has.
    pub fn nodes(&self) -> usize {
        self.root.nodes()
    }
}

impl Router for RadixRouter {
    fn name(&self) -> &'static str {
        "radix trie"
    }

    fn insert(&mut self, pattern: &str) -> Result<usize, RouteError> {
        let pattern = Pattern::parse(pattern)?;
        let slot = self.root.slot(&pattern);
        if let Some(existing) = *slot {
            return Err(pattern.duplicate_of(&self.patterns[existing]));
        }
        *slot = Some(self.patterns.len());
        self.patterns.push(pattern);
        Ok(self.patterns.len() - 1)
    }

    fn find<'a>(&'a self, path: &'a str) -> Option<RouteMatch<'a>> {
        let mut values = Vec::new();
        let route = self.root.find(path, 0, &mut values)?;
        Some(self.patterns[route].matched(route, values))
    }

    fn len(&self) -> usize {
        self.patterns.len()
    }
}
