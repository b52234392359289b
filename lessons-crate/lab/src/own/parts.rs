//! What a service asks before it answers: a filter, a cache, and a store.
//!
//! The order is that of a read path: the filter says what does not exist, the cache what is known, and only the
//! rest reaches the store.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ::redis::aio::ConnectionManager;
use algorithms::cache::{Role, SingleFlight};
use algorithms::sketch::BloomFilter;
use tokio::sync::oneshot;

use crate::ground::error::Task;
use crate::http::{self, Connection};
use crate::server::Server;
use crate::servers::redis::Redis;

/// How long "there is none" is kept in the cache: not long, because one may be made any moment.
const ABSENT: Duration = Duration::from_secs(2);
/// A cache that has not answered by then is treated as down.
const CACHE_PATIENCE: Duration = Duration::from_millis(100);
/// A cache that is down is not asked for so long.
const CACHE_LEFT_OUT: Duration = Duration::from_millis(500);
/// How long the store may take.
const STORE_PATIENCE: Duration = Duration::from_secs(5);
/// More idle connections to the store are not kept.
const MOST_IDLE: usize = 64;

/// What several copies of a service share: a store, a cache before it, and a filter before that.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> Result<(), lessons::lab::LabError> {
/// use std::time::Duration;
/// use lessons::lab::{Parts, Redis, Service, http};
///
/// let (store, redis) = (Service::start("store").await?, Redis::start().await?);
/// let parts = Parts::of(&store).cached(&redis, Duration::from_secs(60)).await?;
/// let service = Service::start("a").await?;
/// service.set_parts(&parts);
/// for _ in 0..2 {
///     http::get(&service.url("/17")).await?;
/// }
/// assert_eq!((store.served(), parts.reads().hits), (1, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Parts {
    store: SocketAddr,
    guard: Option<Arc<BloomFilter>>,
    cache: Option<Cache>,
    coalesces: bool,
    idle: Arc<Mutex<Vec<Connection>>>,
    counts: Arc<Counts>,
}

#[derive(Clone)]
struct Cache {
    connection: ConnectionManager,
    lifetime: Duration,
    left_out_until: Arc<Mutex<Option<Instant>>>,
}

#[derive(Default)]
struct Counts {
    denied: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
    joined: AtomicU64,
    asked: AtomicU64,
    without_cache: AtomicU64,
}

/// How requests were answered, all copies together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// The filter said that there is no such thing.
    pub denied: u64,
    /// The cache had it, or knew that there is none.
    pub hits: u64,
    /// The cache had nothing.
    pub misses: u64,
    /// The cache did not answer, or was left out because it did not.
    pub without_cache: u64,
    /// Waited for another request's answer of the store.
    pub joined: u64,
    /// Questions to the store.
    pub asked: u64,
}

impl Reads {
    /// The share of the requests that came to the cache and were answered from it; NaN before the first.
    pub fn hit_ratio(&self) -> f64 {
        self.hits as f64 / (self.hits + self.misses) as f64
    }
}

/// What came of looking for a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Known(String),
    Absent,
    /// The store did not answer, or said that it cannot.
    Failed,
}

/// The requests of one service that wait for the store.
pub(crate) type Flights = Arc<Mutex<SingleFlight<String, oneshot::Sender<Found>>>>;

impl Parts {
    /// Only the store, such as a [`Service`](crate::Service): every request asks it.
    pub fn of(store: &Server) -> Self {
        Self {
            store: store.address(),
            guard: None,
            cache: None,
            coalesces: false,
            idle: Arc::default(),
            counts: Arc::default(),
        }
    }

    /// With a cache: what the store answers is kept in Redis for `lifetime`, and that there is none for 2 s. A
    /// Redis that does not answer is left out for half a second.
    ///
    /// # Errors
    ///
    /// When Redis does not answer now.
    pub fn cached(self, redis: &Redis, lifetime: Duration) -> Task<'static, Self> {
        let connection = redis.connect();
        Box::pin(async move {
            let cache = Cache { connection: connection.await?, lifetime, left_out_until: Arc::default() };
            Ok(Self { cache: Some(cache), ..self })
        })
    }

    /// With a filter of all paths that exist; what it denies is answered with 404 at once.
    #[must_use]
    pub fn guarded(self, filter: &BloomFilter) -> Self {
        Self { guard: Some(Arc::new(filter.clone())), ..self }
    }

    /// With one question at a time for each path and copy: others wait for its answer.
    #[must_use]
    pub fn coalesced(self) -> Self {
        Self { coalesces: true, ..self }
    }

    /// What came of the requests since the counts were last forgotten.
    pub fn reads(&self) -> Reads {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let counts = &self.counts;
        Reads {
            denied: read(&counts.denied),
            hits: read(&counts.hits),
            misses: read(&counts.misses),
            without_cache: read(&counts.without_cache),
            joined: read(&counts.joined),
            asked: read(&counts.asked),
        }
    }

    /// Sets the counts back to zero.
    pub fn forget_counts(&self) {
        let counts = &self.counts;
        for count in [
            &counts.denied,
            &counts.hits,
            &counts.misses,
            &counts.without_cache,
            &counts.joined,
            &counts.asked,
        ] {
            count.store(0, Ordering::Relaxed);
        }
    }

    /// Looks for a path, in the order of the parts.
    pub(crate) async fn read(&self, path: &str, flights: &Flights) -> Found {
        if self.guard.as_ref().is_some_and(|guard| !guard.may_contain(path)) {
            count(&self.counts.denied);
            return Found::Absent;
        }
        if let Some(cache) = &self.cache {
            match cache.get(path).await {
                Some(Some(value)) => {
                    count(&self.counts.hits);
                    return if value.is_empty() { Found::Absent } else { Found::Known(value) };
                }
                Some(None) => count(&self.counts.misses),
                None => count(&self.counts.without_cache),
            }
        }
        if !self.coalesces {
            return self.ask(path).await;
        }
        let (sender, answer) = oneshot::channel();
        match lock(flights).join(path.to_owned(), sender) {
            Role::Follower => count(&self.counts.joined),
            // A task of its own: it must end well even if this request's client goes away.
            Role::Leader => {
                let (parts, flights, path) = (self.clone(), flights.clone(), path.to_owned());
                tokio::spawn(async move {
                    let found = parts.ask(&path).await;
                    for waiting in lock(&flights).finish(&path) {
                        // One whose client is gone does not receive.
                        let _ = waiting.send(found.clone());
                    }
                });
            }
        }
        answer.await.unwrap_or(Found::Failed)
    }

    /// Asks the store, and keeps its answer in the cache.
    async fn ask(&self, path: &str) -> Found {
        count(&self.counts.asked);
        let found = match tokio::time::timeout(STORE_PATIENCE, self.exchange(path)).await {
            Ok(Ok((200, body))) => Found::Known(body),
            Ok(Ok((404, _))) => Found::Absent,
            _ => Found::Failed,
        };
        if let Some(cache) = &self.cache {
            match &found {
                Found::Known(value) => cache.set(path, value, cache.lifetime).await,
                Found::Absent => cache.set(path, "", ABSENT).await,
                // Not kept: it may be well a moment later.
                Found::Failed => {}
            }
        }
        found
    }

    async fn exchange(&self, path: &str) -> Result<(u16, String), Box<dyn std::error::Error + Send + Sync>> {
        let (address, request) = http::build("GET", &format!("http://{}{path}", self.store), &[], "")?;
        let idle = lock(&self.idle).pop();
        let mut connection = match idle {
            Some(connection) if connection.is_ready() => connection,
            _ => http::open(&address).await?,
        };
        let answer = http::exchange(&mut connection, request).await?;
        if connection.ready().await.is_ok() {
            let mut idle = lock(&self.idle);
            if idle.len() < MOST_IDLE {
                idle.push(connection);
            }
        }
        Ok((answer.status, answer.body.trim_end().to_owned()))
    }
}

impl Cache {
    /// What it has; `None` when it is down.
    async fn get(&self, path: &str) -> Option<Option<String>> {
        let mut command = ::redis::cmd("GET");
        command.arg(path);
        self.run(command).await
    }

    async fn set(&self, path: &str, value: &str, lifetime: Duration) {
        let mut command = ::redis::cmd("SET");
        command.arg(path).arg(value).arg("PX").arg(lifetime.as_millis().max(1) as u64);
        // A value that is not kept costs one more question, later.
        let _: Option<String> = self.run(command).await;
    }

    async fn run<T: ::redis::FromRedisValue>(&self, command: ::redis::Cmd) -> Option<T> {
        if lock(&self.left_out_until).is_some_and(|until| Instant::now() < until) {
            return None;
        }
        let mut connection = self.connection.clone();
        let answer = tokio::time::timeout(CACHE_PATIENCE, command.query_async(&mut connection)).await;
        match answer {
            Ok(Ok(value)) => Some(value),
            _ => {
                *lock(&self.left_out_until) = Some(Instant::now() + CACHE_LEFT_OUT);
                None
            }
        }
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.guard.is_some(), "filter, "),
            (self.cache.is_some(), "cache, "),
            (self.coalesces, "one question at a time, "),
        ];
        let parts: String = parts.iter().filter(|(there, _)| *there).map(|(_, name)| *name).collect();
        write!(f, "{parts}store at {}", self.store)
    }
}
