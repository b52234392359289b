//! A cache that keeps to the rules of HTTP.

use std::fmt;
use std::time::Duration;

use super::fields::Fields;
use super::freshness::{Exchange, control, current_age, freshness_lifetime, may_store, seconds};
use super::method::Method;
use super::status::Status;
use crate::cache::{Cache, Lru};

/// How many representations of one URL are kept, when `Vary` makes several.
const VARIANTS: usize = 16;

/// Fields that describe bytes, which do not come with a 304.
const OF_THE_BYTES: [&str; 5] =
    ["content-length", "content-encoding", "content-type", "content-range", "transfer-encoding"];

/// A response that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The response.
    pub exchange: Exchange,
    /// Its content.
    pub body: Vec<u8>,
    /// What the request said in the fields that `Vary` names; `None` where it did not have one.
    selecting: Vec<(String, Option<String>)>,
    /// `Vary: *`: no other request is ever the same.
    never: bool,
}

/// What a cache can do for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// Answer with this, and say `Age`.
    Fresh(Stored, Duration),
    /// The same, and ask for a new one meanwhile, with these fields.
    StaleWhileRevalidate(Stored, Duration, Fields),
    /// Ask whether it is still good, with these fields added to the request.
    Revalidate(Stored, Fields),
    /// Send the request on.
    Miss,
    /// Answer 504: the client wants nothing that is not here (`only-if-cached`).
    Unavailable,
}

/// An HTTP cache: a browser's own (private), or one that many clients share, such as a proxy's.
///
/// It stores and finds responses; asking the next server is the caller's part.
///
/// # Complexity
///
/// O(variants) for each request, of which a URL has up to 16; the least recently used URL is evicted.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::http::{Exchange, Fields, HttpCache, Lookup, Method, Status};
///
/// let second = Duration::from_secs;
/// let mut cache = HttpCache::shared(100);
/// let fields = Fields::from([("Cache-Control", "max-age=60"), ("ETag", "\"7\"")]);
/// let exchange = Exchange { requested: second(0), received: second(0), status: Status(200), fields };
/// cache.store(Method::Get, "/todos/1", &Fields::new(), exchange, b"milk");
/// assert!(matches!(cache.lookup("/todos/1", &Fields::new(), second(59)), Lookup::Fresh(..)));
/// let Lookup::Revalidate(_, ask) = cache.lookup("/todos/1", &Fields::new(), second(60)) else { panic!() };
/// assert_eq!(ask.get("if-none-match"), Some("\"7\""));
/// ```
///
/// # Sources
///
/// R. Fielding, M. Nottingham, J. Reschke, "HTTP Caching", RFC 9111, 2022. M. Nottingham, "HTTP Cache-Control
/// Extensions for Stale Content", RFC 5861, 2010. As caches do in practice, `stale-while-revalidate` counts beside
/// `s-maxage` too, which RFC 9111 (section 5.2.2.10) would not let a shared cache exceed.
pub struct HttpCache {
    shared: bool,
    stored: Cache<String, Vec<Stored>>,
}

impl HttpCache {
    /// A cache for many clients, with room for so many URLs.
    ///
    /// # Panics
    ///
    /// When there is no room for one.
    pub fn shared(urls: usize) -> Self {
        Self { shared: true, stored: Cache::new(Lru::new(urls)) }
    }

    /// A cache for one client.
    ///
    /// # Panics
    ///
    /// When there is no room for one URL.
    pub fn private(urls: usize) -> Self {
        Self { shared: false, ..Self::shared(urls) }
    }

    /// What there is for a `GET` of this URL. Of the request's own directives it knows `no-cache`, `max-age`,
    /// `min-fresh`, `max-stale` and `only-if-cached`.
    pub fn lookup(&mut self, url: &str, request: &Fields, now: Duration) -> Lookup {
        let wanted = |name: &str| directive(request, name);
        let found = self.stored.get(url).and_then(|all| all.iter().rfind(|stored| stored.answers(request)));
        let Some(stored) = found.cloned() else {
            return if wanted("only-if-cached").is_some() { Lookup::Unavailable } else { Lookup::Miss };
        };
        let age = current_age(&stored.exchange, now);
        let lifetime = freshness_lifetime(&stored.exchange, self.shared);
        let control = control(&stored.exchange.fields);
        let time = |name: &str| wanted(name).and_then(|value| seconds(&value));
        let old = time("max-age").is_some_and(|most| age > most)
            || time("min-fresh").is_some_and(|least| lifetime < age + least);
        let refused = old || wanted("no-cache").is_some() || control.no_cache;
        if !refused && age < lifetime {
            return Lookup::Fresh(stored, age);
        }
        if !refused && !control.must_revalidate {
            // Without a number any age will do.
            let tolerated = wanted("max-stale").map(|value| seconds(&value).unwrap_or(Duration::MAX));
            if tolerated.is_some_and(|most| age.saturating_sub(lifetime) <= most) {
                return Lookup::Fresh(stored, age);
            }
            if age < lifetime + control.stale_while_revalidate {
                let ask = stored.conditions();
                return Lookup::StaleWhileRevalidate(stored, age, ask);
            }
        }
        if wanted("only-if-cached").is_some() {
            return Lookup::Unavailable;
        }
        let ask = stored.conditions();
        Lookup::Revalidate(stored, ask)
    }

    /// Keeps a response, if it may be kept; says whether it is. It takes the place of the one that the same request
    /// would have found.
    pub fn store(
        &mut self,
        method: Method,
        url: &str,
        request: &Fields,
        exchange: Exchange,
        body: &[u8],
    ) -> bool {
        if !may_store(method, request, &exchange, self.shared) {
            return false;
        }
        let vary: Vec<String> = exchange.fields.list("vary").map(str::to_ascii_lowercase).collect();
        let never = vary.iter().any(|name| name == "*");
        let selecting = vary.into_iter().map(|name| (said(request, &name), name));
        let selecting = selecting.map(|(value, name)| (name, value)).collect();
        let stored = Stored { exchange, body: body.to_vec(), selecting, never };
        if self.stored.get_mut(url).is_none() {
            self.stored.put(url.to_owned(), Vec::new());
        }
        if let Some(all) = self.stored.get_mut(url) {
            all.retain(|other| !other.answers(request) && !other.never);
            if all.len() == VARIANTS {
                all.remove(0);
            }
            all.push(stored);
        }
        true
    }

    /// The next server said 304: the stored response is good again, with the fields that came. `None` when there is
    /// none any more, or it is another version.
    pub fn confirmed(&mut self, url: &str, request: &Fields, answer: Exchange) -> Option<Stored> {
        let all = self.stored.get_mut(url)?;
        let stored = all.iter_mut().rfind(|stored| stored.answers(request))?;
        let tag = |fields: &Fields| fields.get("etag").map(|tag| tag.trim_start_matches("W/").to_owned());
        let (own, theirs) = (tag(&stored.exchange.fields), tag(&answer.fields));
        if theirs.is_some() && own != theirs {
            return None;
        }
        let fields = &mut stored.exchange.fields;
        let news = |name: &str| !OF_THE_BYTES.iter().any(|own| own.eq_ignore_ascii_case(name));
        fields.remove("age");
        answer.fields.iter().filter(|(name, _)| news(name)).for_each(|(name, _)| fields.remove(name));
        let lines = answer.fields.iter().filter(|(name, _)| news(name));
        lines.for_each(|(name, value)| fields.push(name, value));
        stored.exchange.requested = answer.requested;
        stored.exchange.received = answer.received;
        Some(stored.clone())
    }

    /// The next server failed or cannot be reached: a stored response that may be used in this case, with its age.
    pub fn on_error(&mut self, url: &str, request: &Fields, now: Duration) -> Option<(Stored, Duration)> {
        let stored = self.stored.get(url)?.iter().rfind(|stored| stored.answers(request))?;
        let control = control(&stored.exchange.fields);
        let age = current_age(&stored.exchange, now);
        let most = freshness_lifetime(&stored.exchange, self.shared) + control.stale_if_error;
        let allowed = !control.must_revalidate && !control.no_cache && age < most;
        allowed.then(|| (stored.clone(), age))
    }

    /// A request went by that may have changed what a URL stands for: after an unsafe method and an answer that is no
    /// error, what is stored of that URL, and of the one in `Location`, is forgotten.
    pub fn passed(&mut self, method: Method, url: &str, status: Status, answer: &Fields) {
        if method.is_safe() || status.is_error() {
            return;
        }
        self.stored.remove(url);
        for name in ["location", "content-location"] {
            // Only of the same origin, which a path without a host is.
            if let Some(other) =
                answer.get(name).filter(|other| other.starts_with('/') && !other.starts_with("//"))
            {
                self.stored.remove(other);
            }
        }
    }

    /// How many URLs have something stored.
    pub fn len(&self) -> usize {
        self.stored.len()
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.stored.is_empty()
    }
}

impl fmt::Debug for HttpCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.shared { "shared" } else { "private" };
        write!(f, "a {kind} HTTP cache, {} of {} URLs", self.len(), self.stored.capacity())
    }
}

impl Stored {
    fn answers(&self, request: &Fields) -> bool {
        !self.never && self.selecting.iter().all(|(name, value)| said(request, name) == *value)
    }

    /// What asks whether it is still good.
    fn conditions(&self) -> Fields {
        let mut ask = Fields::new();
        for (from, to) in [("etag", "If-None-Match"), ("last-modified", "If-Modified-Since")] {
            if let Some(value) = self.exchange.fields.get(from) {
                ask.push(to, value);
            }
        }
        ask
    }
}

/// The lines of a field as one, without needless spaces.
fn said(request: &Fields, name: &str) -> Option<String> {
    request.get(name)?;
    Some(request.list(name).collect::<Vec<_>>().join(","))
}

/// The value of a directive of a request; empty when it has none.
fn directive(request: &Fields, name: &str) -> Option<String> {
    request.list("cache-control").find_map(|member| {
        let (own, value) = member.split_once('=').unwrap_or((member, ""));
        own.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}
