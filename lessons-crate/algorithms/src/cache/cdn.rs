//! A content delivery network on paper: edges near the clients, perhaps a shield, and the origin.

use std::collections::BTreeMap;
use std::time::Duration;

use super::http::{CacheControl, Serve};

/// How a request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answered {
    /// From a cache, fresh.
    Hit,
    /// From a cache, old, while a new one was fetched.
    Stale,
    /// From a cache, old, because the origin failed.
    StaleOnError,
    /// From a cache, after the next one confirmed it (status 304).
    Revalidated,
    /// From the next cache or the origin.
    Miss,
    /// Not at all.
    Error,
}

/// The answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CdnResponse {
    /// How the cache that was asked came by it.
    pub answered: Answered,
    /// Which version of the content it is; 0 with an error.
    pub version: u64,
    /// The header `Age`: how long ago the origin sent or confirmed it.
    pub age: Duration,
}

/// Edges, a shield between them and the origin if there is one, and the origin, with one `Cache-Control` for all
/// its content. Fetching takes no time here; for many requests at the same moment see [`Stampede`](super::Stampede).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::cache::{Answered, Cdn};
///
/// let mut cdn = Cdn::new(2, false, "s-maxage=60");
/// assert_eq!(cdn.get(Duration::ZERO, 0, "/logo").answered, Answered::Miss);
/// assert_eq!(cdn.get(Duration::from_secs(59), 0, "/logo").answered, Answered::Hit);
/// assert_eq!(cdn.get(Duration::from_secs(59), 1, "/logo").answered, Answered::Miss);
/// assert_eq!(cdn.origin_requests(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct Cdn {
    control: CacheControl,
    edges: Vec<BTreeMap<String, Stored>>,
    shield: Option<BTreeMap<String, Stored>>,
    /// The version of each path at the origin; 1 at first.
    versions: BTreeMap<String, u64>,
    origin_is_up: bool,
    origin_requests: u64,
    not_modified: u64,
    answers: BTreeMap<Answered, u64>,
}

#[derive(Clone, Copy, Debug)]
struct Stored {
    version: u64,
    /// When the origin sent or confirmed it.
    confirmed: Duration,
}

impl Cdn {
    /// So many empty edges, with or without a shield, and an origin that answers with this `Cache-Control`.
    ///
    /// # Panics
    ///
    /// When there is no edge.
    pub fn new(edges: usize, shield: bool, cache_control: &str) -> Self {
        assert!(edges > 0, "a content delivery network has at least one edge");
        Self {
            control: CacheControl::parse(cache_control),
            edges: vec![BTreeMap::new(); edges],
            shield: shield.then(BTreeMap::new),
            versions: BTreeMap::new(),
            origin_is_up: true,
            origin_requests: 0,
            not_modified: 0,
            answers: BTreeMap::new(),
        }
    }

    /// A client of this edge asks for a path.
    ///
    /// # Panics
    ///
    /// When there is no such edge.
    pub fn get(&mut self, now: Duration, edge: usize, path: &str) -> CdnResponse {
        let stored = self.edges[edge].get(path).copied();
        let answer = self.through(now, stored, |cdn| cdn.fetch_behind_edge(now, path));
        if let Some(kept) = answer.1 {
            self.edges[edge].insert(path.to_owned(), kept);
        }
        *self.answers.entry(answer.0.answered).or_insert(0) += 1;
        answer.0
    }

    /// The origin has new content at a path. No cache hears of it.
    pub fn publish(&mut self, path: &str) {
        *self.versions.entry(path.to_owned()).or_insert(1) += 1;
    }

    /// Every cache forgets a path: invalidation by purge.
    pub fn purge(&mut self, path: &str) {
        self.edges.iter_mut().chain(&mut self.shield).for_each(|cache| {
            cache.remove(path);
        });
    }

    /// Whether the origin answers.
    pub fn set_origin_up(&mut self, up: bool) {
        self.origin_is_up = up;
    }

    /// How many requests the origin has answered.
    pub fn origin_requests(&self) -> u64 {
        self.origin_requests
    }

    /// How many of them with "not modified", a few bytes instead of the content.
    pub fn not_modified(&self) -> u64 {
        self.not_modified
    }

    /// How many requests of clients were answered in each way.
    pub fn answers(&self) -> &BTreeMap<Answered, u64> {
        &self.answers
    }

    /// One cache: what it has, what it is asked for, and where it asks. Also gives what it should keep.
    fn through(
        &mut self,
        now: Duration,
        stored: Option<Stored>,
        behind: impl FnOnce(&mut Self) -> Option<Stored>,
    ) -> (CdnResponse, Option<Stored>) {
        let response = |answered, stored: Stored| CdnResponse {
            answered,
            version: stored.version,
            age: now.saturating_sub(stored.confirmed),
        };
        let usable = stored.map(|stored| (stored, self.control.serve(now.saturating_sub(stored.confirmed))));
        match usable {
            Some((stored, Serve::Fresh)) => (response(Answered::Hit, stored), None),
            // The new one comes after the answer; when that fails the old one stays.
            Some((stored, Serve::StaleWhileRevalidate)) => (response(Answered::Stale, stored), behind(self)),
            Some((stored, serve)) => match behind(self) {
                Some(new) if new.version == stored.version => {
                    (response(Answered::Revalidated, new), Some(new))
                }
                Some(new) => (response(Answered::Miss, new), Some(new)),
                None if serve == Serve::StaleIfError => (response(Answered::StaleOnError, stored), None),
                None => (ERROR, None),
            },
            None => match behind(self) {
                Some(new) if self.control.serve(Duration::ZERO) == Serve::NotStored => {
                    (response(Answered::Miss, new), None)
                }
                Some(new) => (response(Answered::Miss, new), Some(new)),
                None => (ERROR, None),
            },
        }
    }

    /// What an edge gets from the shield, or from the origin when there is none.
    fn fetch_behind_edge(&mut self, now: Duration, path: &str) -> Option<Stored> {
        let Some(shield) = &self.shield else { return self.fetch_origin(now, path) };
        let stored = shield.get(path).copied();
        let (answer, kept) = self.through(now, stored, |cdn| cdn.fetch_origin(now, path));
        if let (Some(kept), Some(shield)) = (kept, &mut self.shield) {
            shield.insert(path.to_owned(), kept);
        }
        let confirmed = now.saturating_sub(answer.age);
        (answer.answered != Answered::Error).then_some(Stored { version: answer.version, confirmed })
    }

    fn fetch_origin(&mut self, now: Duration, path: &str) -> Option<Stored> {
        if !self.origin_is_up {
            return None;
        }
        self.origin_requests += 1;
        let version = self.versions.get(path).copied().unwrap_or(1);
        // Whoever asks has this version already: its entity tag is the same.
        let caches = self.edges.iter().chain(&self.shield);
        let known = caches.filter_map(|cache| cache.get(path)).any(|stored| stored.version == version);
        self.not_modified += u64::from(known);
        Some(Stored { version, confirmed: now })
    }
}

const ERROR: CdnResponse = CdnResponse { answered: Answered::Error, version: 0, age: Duration::ZERO };
