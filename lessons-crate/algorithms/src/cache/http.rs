//! What `Cache-Control` says to a shared cache.

use std::time::Duration;

/// The directives of a response's `Cache-Control` header that matter to a shared cache, such as a content delivery
/// network's.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::cache::{CacheControl, Serve};
///
/// let header = CacheControl::parse("max-age=60, s-maxage=600, stale-while-revalidate=30");
/// let seconds = Duration::from_secs;
/// assert_eq!(header.serve(seconds(599)), Serve::Fresh);
/// assert_eq!(header.serve(seconds(620)), Serve::StaleWhileRevalidate);
/// assert_eq!(header.serve(seconds(631)), Serve::Revalidate);
/// assert_eq!(CacheControl::parse("private, max-age=60").serve(seconds(0)), Serve::NotStored);
/// ```
///
/// # Sources
///
/// R. Fielding, M. Nottingham, J. Reschke, "HTTP Caching", RFC 9111, 2022. M. Nottingham, "HTTP Cache-Control
/// Extensions for Stale Content", RFC 5861, 2010.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheControl {
    /// How long any cache may use the response.
    pub max_age: Option<Duration>,
    /// The same for shared caches only; it wins over `max-age`.
    pub s_maxage: Option<Duration>,
    /// How long after that an old response may be given out while a new one is fetched.
    pub stale_while_revalidate: Duration,
    /// How long after that an old response may be given out when there is an error.
    pub stale_if_error: Duration,
    /// May not be stored by anyone.
    pub no_store: bool,
    /// May be stored, and must be revalidated before each use.
    pub no_cache: bool,
    /// May be stored by the client's own cache only.
    pub private: bool,
    /// May never be used stale, whatever the other directives say.
    pub must_revalidate: bool,
    /// May be stored by anyone, even when other rules would forbid it.
    pub public: bool,
}

/// What a shared cache does with a stored response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serve {
    /// Gives it out.
    Fresh,
    /// Gives it out, and asks for a new one meanwhile.
    StaleWhileRevalidate,
    /// Asks whether it is still good, and gives it out only if that fails.
    StaleIfError,
    /// Asks whether it is still good, and waits for the answer.
    Revalidate,
    /// There is nothing to give out: it was not allowed to be stored.
    NotStored,
}

impl CacheControl {
    /// Reads a header's value. Directives it does not know are ignored, and so are numbers that are none.
    pub fn parse(header: &str) -> Self {
        let mut control = Self::default();
        for directive in header.split(',') {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            let seconds = value.trim().trim_matches('"').parse().ok().map(Duration::from_secs);
            match name.trim().to_ascii_lowercase().as_str() {
                "max-age" => control.max_age = seconds,
                "s-maxage" => control.s_maxage = seconds,
                "stale-while-revalidate" => control.stale_while_revalidate = seconds.unwrap_or_default(),
                "stale-if-error" => control.stale_if_error = seconds.unwrap_or_default(),
                "no-store" => control.no_store = true,
                "no-cache" => control.no_cache = true,
                "private" => control.private = true,
                "public" => control.public = true,
                "must-revalidate" | "proxy-revalidate" => control.must_revalidate = true,
                _ => {}
            }
        }
        control
    }

    /// How long a shared cache may use a response without asking; zero when the header does not say.
    pub fn lifetime(&self) -> Duration {
        if self.no_cache { Duration::ZERO } else { self.s_maxage.or(self.max_age).unwrap_or_default() }
    }

    /// What a shared cache does with a response of this age: the time since the origin sent or confirmed it,
    /// wherever it spent that time.
    pub fn serve(&self, age: Duration) -> Serve {
        let lifetime = self.lifetime();
        if self.no_store || self.private {
            Serve::NotStored
        } else if age < lifetime {
            Serve::Fresh
        } else if self.must_revalidate || self.no_cache {
            Serve::Revalidate
        } else if age < lifetime + self.stale_while_revalidate {
            Serve::StaleWhileRevalidate
        } else if age < lifetime + self.stale_if_error {
            Serve::StaleIfError
        } else {
            Serve::Revalidate
        }
    }
}
