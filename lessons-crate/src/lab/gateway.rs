//! Our own API gateway: a [`Plan`] on sockets.
//!
//! It runs inside this process. Each request goes the same way: one spelling of the path, the route, a place,
//! who is it, how often, and only then a backend. What is refused never reaches one.

mod limits;
mod request;
mod upstream;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

pub use limits::StoreDown;
use limits::{Limits, Store};
use upstream::Upstreams;

use super::port::{Port, loopback};
use super::{LabError, Redis, SharedLimiter, Task};
use crate::gateway::{Plan, RadixRouter, hmac_sha256};
use crate::table::{Table, thousands};

/// How long requests under way may take when the gateway stops.
const DRAIN: Duration = Duration::from_secs(5);

/// A gateway in front of several services.
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
    port: Port,
    shared: Arc<Shared>,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// What the connections share.
struct Shared {
    now: Mutex<Arc<Current>>,
    limits: Limits,
    upstreams: Upstreams,
    paused: watch::Sender<bool>,
    draining: watch::Sender<bool>,
    listens: AtomicBool,
    in_flight: AtomicUsize,
    forwarded: AtomicU64,
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
            let port = Port::free()?;
            let shared = Shared {
                now: Mutex::new(Arc::new(current?)),
                limits: Limits::new(store),
                upstreams: Upstreams::default(),
                paused: watch::Sender::new(false),
                draining: watch::Sender::new(false),
                listens: AtomicBool::new(false),
                in_flight: AtomicUsize::new(0),
                forwarded: AtomicU64::new(0),
                answered: Mutex::default(),
            };
            let gateway = Self { port, shared: Arc::new(shared), task: Mutex::new(None) };
            gateway.restart().await?;
            Ok(gateway)
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// The address of a path: `gateway.url("/orders")`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
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
        self.shared.forwarded.load(Ordering::Relaxed)
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
        self.shared.forwarded.store(0, Ordering::Relaxed);
    }

    /// Ends it at once: its port refuses, its connections break.
    pub fn kill(&self) {
        if let Some(task) = self.task().as_ref() {
            task.abort();
        }
        self.shared.listens.store(false, Ordering::Relaxed);
    }

    /// Ends it in good order: it takes no new request, and answers those that it has, for 5 s at most.
    ///
    /// # Errors
    ///
    /// When some were not answered by then; it has ended anyway.
    pub fn stop(&self) -> Task<'_, ()> {
        Box::pin(async {
            self.shared.draining.send_replace(true);
            let Some(mut task) = self.task().take() else { return Ok(()) };
            let ended = tokio::time::timeout(DRAIN, &mut task).await;
            task.abort();
            self.shared.listens.store(false, Ordering::Relaxed);
            ended
                .map(drop)
                .map_err(|_| LabError::TooLong { what: "the end of all requests".into(), waited: DRAIN })
        })
    }

    /// Stops it in its tracks: it takes requests, and answers none of them.
    pub fn pause(&self) {
        self.shared.paused.send_replace(true);
    }

    /// Lets it go on after [`pause`](Self::pause).
    pub fn resume(&self) {
        self.shared.paused.send_replace(false);
    }

    /// Whether it listens.
    pub fn is_running(&self) -> bool {
        self.shared.listens.load(Ordering::Relaxed)
    }

    /// Starts it again on the same port.
    ///
    /// # Errors
    ///
    /// When another program has taken the port meanwhile.
    pub fn restart(&self) -> Task<'_, ()> {
        Box::pin(async {
            let before = self.task().take();
            if let Some(task) = before {
                task.abort();
                // Its listener is gone when it has ended.
                let _ = task.await;
            }
            self.resume();
            self.shared.draining.send_replace(false);
            let listener = TcpListener::bind(loopback(self.port.number)).await;
            let listener = listener.map_err(|_| LabError::PortTaken { port: self.port.number })?;
            *self.task() = Some(tokio::spawn(serve(listener, self.shared.clone())));
            self.shared.listens.store(true, Ordering::Relaxed);
            Ok(())
        })
    }

    fn task(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.kill();
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

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    // Dropping the set ends the connections.
    let mut connections = JoinSet::new();
    let mut draining = shared.draining.subscribe();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, peer)) = accepted else { continue };
                let _ = stream.set_nodelay(true);
                let (shared, mut draining) = (shared.clone(), shared.draining.subscribe());
                connections.spawn(async move {
                    let service = service_fn(move |request| request::answer(request, peer, shared.clone()));
                    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                    tokio::pin!(connection);
                    tokio::select! {
                        _ = connection.as_mut() => return,
                        _ = draining.wait_for(|draining| *draining) => {}
                    }
                    connection.as_mut().graceful_shutdown();
                    let _ = connection.await;
                });
            }
            Some(_) = connections.join_next() => {}
            _ = draining.wait_for(|draining| *draining) => break,
        }
    }
    drop(listener);
    connections.join_all().await;
}
