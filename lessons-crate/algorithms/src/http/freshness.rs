//! How old a stored response is, and how old it may be.

use std::time::Duration;

use super::date;
use super::fields::Fields;
use super::method::Method;
use super::status::Status;
use crate::cache::CacheControl;

/// A response as a cache received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// When the request was sent.
    pub requested: Duration,
    /// When the response came.
    pub received: Duration,
    /// Its status.
    pub status: Status,
    /// Its fields.
    pub fields: Fields,
}

/// The share of the time since the last change that a cache may guess as a lifetime, when nobody says one.
const HEURISTIC: u32 = 10;

/// How long ago the origin made, or confirmed, a response: its *current age*.
///
/// The larger of two guesses when it arrived, and the time since. `Date` says when it was made, if both clocks are
/// right. `Age` says how long it spent in caches on the way, to which the time of this exchange is added.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::http::{Exchange, Fields, Status, current_age};
///
/// let second = Duration::from_secs;
/// let fields = Fields::from([("Date", "Thu, 01 Jan 1970 00:01:40 GMT"), ("Age", "30")]);
/// let exchange = Exchange { requested: second(128), received: second(131), status: Status(200), fields };
/// // Date says 31 s, Age and the 3 s on the way say 33 s; and then it lay here for 9 s.
/// assert_eq!(current_age(&exchange, second(140)), second(42));
/// ```
///
/// # Sources
///
/// R. Fielding, M. Nottingham, J. Reschke, "HTTP Caching", RFC 9111, 2022, section 4.2.3.
pub fn current_age(exchange: &Exchange, now: Duration) -> Duration {
    let date = exchange.fields.get("date").and_then(date::parse).unwrap_or(exchange.received);
    let apparent_age = exchange.received.saturating_sub(date);
    let age = exchange.fields.get("age").and_then(seconds).unwrap_or_default();
    let corrected_age = age + exchange.received.saturating_sub(exchange.requested);
    apparent_age.max(corrected_age) + now.saturating_sub(exchange.received)
}

/// How old a response may be and still be used without asking: its *freshness lifetime*.
///
/// In this order: `s-maxage` (shared caches only), `max-age`, `Expires` minus `Date`, and a guess, a tenth of the time
/// from `Last-Modified` to `Date`, if the status allows to guess.
///
/// # Sources
///
/// RFC 9111, 2022, sections 4.2.1 and 4.2.2.
pub fn freshness_lifetime(exchange: &Exchange, shared: bool) -> Duration {
    let fields = &exchange.fields;
    let control = control(fields);
    if control.no_cache {
        return Duration::ZERO;
    }
    let date = fields.get("date").and_then(date::parse).unwrap_or(exchange.received);
    if let Some(lifetime) = control.s_maxage.filter(|_| shared).or(control.max_age) {
        return lifetime;
    }
    if let Some(expires) = fields.get("expires") {
        // What is no date, such as 0, has expired.
        return date::parse(expires).unwrap_or_default().saturating_sub(date);
    }
    let modified = fields.get("last-modified").and_then(date::parse);
    match modified {
        Some(modified) if exchange.status.is_heuristically_cacheable() || control.public => {
            date.saturating_sub(modified) / HEURISTIC
        }
        _ => Duration::ZERO,
    }
}

/// Whether a cache may keep a response to a request.
///
/// # Sources
///
/// RFC 9111, 2022, sections 3 and 3.5.
pub fn may_store(method: Method, request: &Fields, exchange: &Exchange, shared: bool) -> bool {
    let (asked, control) = (control(request), control(&exchange.fields));
    let explicit = control.max_age.is_some()
        || control.s_maxage.is_some_and(|_| shared)
        || exchange.fields.get("expires").is_some()
        || control.public
        || (control.private && !shared);
    let authorized = request.get("authorization").is_none()
        || !shared
        || control.public
        || control.must_revalidate
        || control.s_maxage.is_some();
    // A part can be kept; this cache puts no parts together, so it does not.
    let whole = exchange.status.0 != 206 && exchange.status.0 >= 200;
    method == Method::Get
        && whole
        && !asked.no_store
        && !control.no_store
        && !(shared && control.private)
        && authorized
        && (explicit || exchange.status.is_heuristically_cacheable())
}

/// All lines of `Cache-Control` together.
pub(super) fn control(fields: &Fields) -> CacheControl {
    CacheControl::parse(&fields.all("cache-control").collect::<Vec<_>>().join(","))
}

/// A number of seconds: digits only. One too large for 31 bits is as good as the largest of those.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Duration::from_secs(text.parse().unwrap_or(u64::MAX).min(1 << 31)))
}
