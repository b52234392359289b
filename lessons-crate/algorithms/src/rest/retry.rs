//! When a request may be sent again, and what happens if it is.

use std::time::Duration;

use super::idempotency::{Begin, IdempotencyStore, Scope};
use crate::http::{Method, Status};
use crate::rng::Rng;

/// How a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It was not sent: no connection. Nothing can have happened.
    NotSent,
    /// It was sent, and no answer came. Anything may have happened.
    NoAnswer,
    /// An answer with this status came.
    Status(Status),
}

/// Whether a client may send the same request again by itself. `keyed`: it carries an idempotency key, or a condition
/// such as `If-Match` that fails when it was done already.
///
/// A request that certainly was not handled may be sent again in any case: one that was not sent, and one that was
/// turned away with 429. After 502, 503 and 504 nobody knows, as after silence. Other statuses are answers: the same
/// request would get the same.
///
/// # Examples
///
/// ```
/// use lessons::http::Method;
/// use lessons::rest::{Failure, may_retry};
///
/// assert!(may_retry(Method::Put, false, Failure::NoAnswer));
/// assert!(!may_retry(Method::Post, false, Failure::NoAnswer));
/// assert!(may_retry(Method::Post, true, Failure::NoAnswer));
/// ```
///
/// # Sources
///
/// R. Fielding, M. Nottingham, J. Reschke, "HTTP Semantics", RFC 9110, 2022, section 9.2.2.
pub fn may_retry(method: Method, keyed: bool, failure: Failure) -> bool {
    match failure {
        Failure::NotSent | Failure::Status(Status(429)) => true,
        Failure::NoAnswer | Failure::Status(Status(502..=504)) => keyed || method.is_idempotent(),
        Failure::Status(_) => false,
    }
}

/// What a client does when no answer comes to its `POST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryClient {
    /// Gives up, and tells its user that nobody knows.
    Never,
    /// Sends it again until an answer comes.
    Blind,
    /// The same, with one idempotency key for all tries.
    Keyed,
}

impl RetryClient {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Never, Self::Blind, Self::Keyed];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Never => "never tries again",
            Self::Blind => "tries again",
            Self::Keyed => "tries again with a key",
        }
    }
}

/// Many calls over a network that loses answers, and what they did.
///
/// # Examples
///
/// ```
/// use lessons::rest::{Retries, RetryClient};
///
/// let keyed = Retries::run(RetryClient::Keyed, 1_000, 0.2, 16);
/// assert_eq!((keyed.effects, keyed.unknown), (1_000, 0));
/// assert!(Retries::run(RetryClient::Blind, 1_000, 0.2, 16).effects > 1_200);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retries {
    /// What the users wanted to be done.
    pub calls: u64,
    /// Requests that reached the server.
    pub requests: u64,
    /// How often it was done.
    pub effects: u64,
    /// Calls of which the client does not know how they ended.
    pub unknown: u64,
}

impl Retries {
    /// Each answer is lost with probability `loss`, from 0 up to, not including, 1; requests always arrive.
    ///
    /// # Panics
    ///
    /// When every answer is lost: no try would be the last.
    pub fn run(client: RetryClient, calls: u64, loss: f64, seed: u64) -> Self {
        assert!(loss < 1.0, "some answers must come");
        let (mut rng, mut result) = (Rng::new(seed), Self { calls, ..Self::default() });
        let mut store = IdempotencyStore::new(Duration::from_secs(86_400), Duration::from_secs(30));
        for call in 0..calls {
            let scope = Scope::new("client", "POST /orders", &call.to_string());
            loop {
                result.requests += 1;
                if client == RetryClient::Keyed {
                    if let Begin::New(ticket) = store.begin(&scope, call, Duration::ZERO) {
                        result.effects += 1;
                        store.finish(ticket, (), Duration::ZERO);
                    }
                } else {
                    result.effects += 1;
                }
                if !rng.chance(loss) {
                    break;
                }
                if client == RetryClient::Never {
                    result.unknown += 1;
                    break;
                }
            }
        }
        result
    }
}

/// How often something is done, on average, for each call of a client that sends it again until an answer comes, when
/// a share `loss` of the answers is lost: 1 / (1 - `loss`), the mean of a geometric distribution.
pub fn effects_per_call(loss: f64) -> f64 {
    1.0 / (1.0 - loss)
}
