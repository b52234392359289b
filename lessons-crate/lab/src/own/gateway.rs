//! Our own API gateway: a [`Plan`] on sockets.
//!
//! It runs inside this process. Each request goes the same way: one spelling of the path, the route, a place,
//! who is it, how often, and only then a backend. What is refused never reaches one.

mod limits;
mod request;
mod upstream;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use algorithms::gateway::{Plan, RadixRouter, hmac_sha256};
use algorithms::table::{Table, thousands};
pub use limits::StoreDown;
use limits::{Limits, Store};
use upstream::Upstreams;

use crate::door::{self, Behind, Handler};
use crate::ground::error::{LabError, Task};
use crate::own::limiter::SharedLimiter;
use crate::server::Server;
use crate::servers::redis::Redis;
use crate::words::is_our_own;

/// A gateway in front of several services.
///
/// HTTP/1 and HTTP/2 pass, with streams, trailers and WebSockets, as through an
/// [`HttpBalancer`](crate::HttpBalancer). A rule's time limit ends with the first byte of an answer.
///
/// Where no rule fits, `/health` says which backends answer, and anything else gets 404.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> Result<(), lessons::lab::LabError> {
/// use lessons::gateway::{Plan, Rule};
/// use lessons::lab::{Gateway, Service, http};
/// use lessons::rate_limit::Rate;
///
/// let orders = Service::start("orders").await?;
/// let plan = Plan::new()
///     .group("orders", [orders.address()])
///     .consumer("ada", "ada-key")
///     .rule(Rule::prefix("orders", "/orders").to("orders").with_api_key().limit(Rate::per_second(1), 1));
/// let gateway = Gateway::start(&plan).await?;
/// let key = [("x-api-key", "ada-key")];
/// assert_eq!(http::get(&gateway.url("/orders/17")).await?.status, 401);
/// assert_eq!(http::request("GET", &gateway.url("/orders/17"), &key, "").await?.status, 200);
/// assert_eq!(http::request("GET", &gateway.url("/orders/17"), &key, "").await?.status, 429);
/// # Ok(())
/// # }
/// ```
pub struct Gateway {
    server: Server,
    shared: Arc<Shared>,
}

/// What the connections share.
struct Shared {
    now: Mutex<Arc<Current>>,
    limits: Limits,
    upstreams: Upstreams,
    in_flight: AtomicUsize,
    /// By rule and status; requests that fit no rule under an empty name.
    answered: Mutex<BTreeMap<(String, u16), u64>>,
}

/// A plan, ready to be carried out.
struct Current {
    plan: Plan,
    router: RadixRouter,
    /// The rule of each route.
    rules: Vec<usize>,
    /// Consumers by a hash of their key, so that the time of a look-up says nothing about keys.
    consumers: BTreeMap<[u8; 32], String>,
}

impl Current {
    fn new(plan: &Plan) -> Result<Self, LabError> {
        let bad = |error| LabError::answer("gateway", error);
        plan.check().map_err(bad)?;
        let (router, rules) = plan.router().map_err(bad)?;
        let consumers = plan.consumers.iter().map(|(name, key)| (fingerprint(key), name.clone())).collect();
        Ok(Self { plan: plan.clone(), router, rules, consumers })
    }
}

/// What is remembered of an API key.
fn fingerprint(key: &str) -> [u8; 32] {
    hmac_sha256(b"api key", key.as_bytes())
}

impl Gateway {
    /// Starts one that counts for itself how often consumers come.
    ///
    /// # Errors
    ///
    /// When the plan cannot be carried out, or no port can be had.
    pub fn start(plan: &Plan) -> Task<'static, Self> {
        Self::start_with(plan, None)
    }

    /// Starts one that counts in Redis, together with all other gateways that do: a limit is then one limit,
    /// whichever gateway a request comes to, for one round trip more. `down` says what to do when Redis does not
    /// answer.
    ///
    /// # Errors
    ///
    /// When the plan cannot be carried out, no port can be had, or Redis does not answer or runs no scripts.
    pub fn sharing(plan: &Plan, redis: &Redis, down: StoreDown) -> Task<'static, Self> {
        let (plan, store) = (plan.clone(), SharedLimiter::store(redis));
        Box::pin(async move { Self::start_with(&plan, Some(Store { limiter: store.await?, down })).await })
    }

    fn start_with(plan: &Plan, store: Option<Store>) -> Task<'static, Self> {
        let current = Current::new(plan);
        Box::pin(async move {
            let shared = Shared {
                now: Mutex::new(Arc::new(current?)),
                limits: Limits::new(store),
                upstreams: Upstreams::default(),
                in_flight: AtomicUsize::new(0),
                answered: Mutex::default(),
            };
            let shared = Arc::new(shared);
            Ok(Self { server: door::open("gateway", shared.clone())?, shared })
        })
    }

    /// Carries out another plan from now on. No request is lost; what was counted against limits is kept for the
    /// rules whose limit stays the same.
    ///
    /// # Errors
    ///
    /// When the plan cannot be carried out: then the old one stays.
    pub fn change(&self, plan: &Plan) -> Result<(), LabError> {
        let current = Arc::new(Current::new(plan)?);
        *self.shared.now.lock().unwrap_or_else(PoisonError::into_inner) = current;
        Ok(())
    }

    /// How often each status was answered.
    pub fn statuses(&self) -> BTreeMap<u16, u64> {
        let mut statuses = BTreeMap::new();
        for ((_, status), count) in self.shared.answered().iter() {
            *statuses.entry(*status).or_default() += count;
        }
        statuses
    }

    /// How many requests were sent to backends; one aggregated answer takes several.
    pub fn forwarded(&self) -> u64 {
        self.shared.upstreams.forwarded.load(Ordering::Relaxed)
    }

    /// How many requests are in it now.
    pub fn in_flight(&self) -> usize {
        self.shared.in_flight.load(Ordering::Relaxed)
    }

    /// How often each rule answered with each status.
    pub fn counts(&self) -> Table {
        let table = Table::new(["rule", "status", "answers"]);
        self.shared.answered().iter().fold(table, |table, ((rule, status), count)| {
            let rule = if rule.is_empty() { "(none)" } else { rule };
            table.row([rule, &status.to_string(), &thousands(*count)])
        })
    }

    /// Sets the counts back to zero.
    pub fn forget_counts(&self) {
        self.shared.answered().clear();
        self.shared.upstreams.forwarded.store(0, Ordering::Relaxed);
    }
}

is_our_own!(Gateway);

impl Behind for Arc<Shared> {
    fn handler(&self) -> Handler {
        let shared = self.clone();
        Handler::new(tower::service_fn(move |request| {
            let shared = shared.clone();
            async move { Ok(request::answer(request, shared).await) }
        }))
    }

    fn closed(&self) {
        self.upstreams.forget_connections();
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gateway at {}, {} requests forwarded", self.address(), self.forwarded())
    }
}

impl Shared {
    fn current(&self) -> Arc<Current> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn answered(&self) -> MutexGuard<'_, BTreeMap<(String, u16), u64>> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
