//! Our own HTTP service: a backend whose delay, error rate and capacity are set while it runs.
//!
//! It runs inside this process. A request first waits for one of `capacity` places, then takes the
//! delay (as a call to another machine would: it costs no processor time), of which it may have to hold a
//! lock for a share, then answers.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use algorithms::dist::{Constant, Distribution};
use algorithms::rng::Rng;
use algorithms::table::{Table, thousands};
use hyper::body::{Body, Bytes, Incoming};
use hyper::{Request, Response, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tower::ServiceExt as _;

use crate::body::{Answer, AnyError, Kept, boxed, keeping, plain};
use crate::door::{self, Behind, Handler};
use crate::ground::error::Task;
use crate::own::parts::{Flights, Found, Parts};
use crate::server::{Server, is_our_own};

/// A service that answers `GET` of any path with its name and the path.
///
/// It can have any `tower` service [behind](Self::serve) it instead: a router of axum, services of tonic, a GraphQL
/// schema. What is set here happens before that is asked.
///
/// Given [`Parts`], it looks the path up in them instead, and answers what it finds there, or 404, or 500 when
/// their store does not answer. `/health` answers 200 or, when made unhealthy, 503. Answers carry its name in `x-served-by`.
pub struct Service {
    server: Server,
    shared: Arc<Shared>,
}

struct Shared {
    name: String,
    settings: Mutex<Settings>,
    healthy: AtomicBool,
    served: AtomicU64,
    failed: AtomicU64,
    rejected: AtomicU64,
    present: AtomicU64,
    by_path: Mutex<BTreeMap<String, u64>>,
    flights: Flights,
    /// What answers, in place of its name and the path.
    behind: Option<Handler>,
}

/// Whether there is something at a path.
type Known = Arc<dyn Fn(&str) -> bool + Send + Sync>;

struct Settings {
    delay: Box<dyn Distribution + Send>,
    error_rate: f64,
    places: Arc<Semaphore>,
    capacity: usize,
    queue: u64,
    lock_share: f64,
    /// When the last request that came for the lock gives it back.
    lock_free: Instant,
    known: Option<Known>,
    parts: Option<Parts>,
    rng: Rng,
}

impl Service {
    /// Starts one of this name, with no delay, no errors, and room for everyone.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub fn start(name: &str) -> Task<'static, Self> {
        Self::open(name, None)
    }

    /// Starts any `tower` service under this name, such as an `axum::Router`: over HTTP/1 and HTTP/2, with bodies that
    /// stream and connections that may become WebSockets. It is killed, paused and stopped as every other, and
    /// delays, errors and capacity are set as for every other; `/health` stays the lab's.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub fn serve<S, B>(name: &str, behind: S) -> Task<'static, Self>
    where
        S: tower::Service<Request<Incoming>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Error: Into<AnyError>,
        S::Future: Send + 'static,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<AnyError>,
    {
        let behind = tower::service_fn(move |request| {
            let asked = behind.clone().oneshot(request);
            async move {
                let failed = |error: S::Error| plain(500, &format!("{}\n", error.into()));
                Ok(asked.await.map_or_else(failed, |answer| answer.map(boxed)))
            }
        });
        Self::open(name, Some(Handler::new(behind)))
    }

    fn open(name: &str, behind: Option<Handler>) -> Task<'static, Self> {
        let name = name.to_owned();
        Box::pin(async move {
            let settings = Settings {
                delay: Box::new(Constant(0.0)),
                error_rate: 0.0,
                places: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
                capacity: Semaphore::MAX_PERMITS,
                queue: u64::MAX,
                lock_share: 0.0,
                lock_free: Instant::now(),
                known: None,
                parts: None,
                rng: Rng::new(algorithms::hash::hash_str(&name, 0)),
            };
            let shared = Shared {
                name,
                settings: Mutex::new(settings),
                healthy: AtomicBool::new(true),
                served: AtomicU64::new(0),
                failed: AtomicU64::new(0),
                rejected: AtomicU64::new(0),
                present: AtomicU64::new(0),
                by_path: Mutex::new(BTreeMap::new()),
                flights: Flights::default(),
                behind,
            };
            let shared = Arc::new(shared);
            Ok(Self { server: door::open(&shared.name, shared.clone())?, shared })
        })
    }

    /// Starts `count` of them, named `a`, `b`, `c`, ...
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub fn group(count: u8) -> Task<'static, Vec<Self>> {
        Box::pin(async move {
            let mut services = Vec::new();
            for number in 0..count {
                let letter = char::from(b'a' + number % 26).to_string();
                let name = if number < 26 { letter } else { format!("{letter}{}", number / 26) };
                services.push(Self::start(&name).await?);
            }
            Ok(services)
        })
    }

    /// How long each request takes once it has a place.
    pub fn set_delay(&self, delay: Duration) -> &Self {
        self.set_delays(Box::new(Constant(delay.as_secs_f64() * 1000.0)))
    }

    /// How long requests take, drawn in milliseconds. Timers are good to about 1 ms.
    pub fn set_delays(&self, milliseconds: Box<dyn Distribution + Send>) -> &Self {
        self.shared.settings().delay = milliseconds;
        self
    }

    /// The share of its delay for which a request holds the one lock of this service, from 0 to 1: others wait
    /// for it in turn, as for a critical section or the one writer of a database.
    ///
    /// # Panics
    ///
    /// When the share is not from 0 to 1.
    pub fn set_lock(&self, share: f64) -> &Self {
        assert!((0.0..=1.0).contains(&share), "a share of the delay is from 0 to 1, not {share}");
        self.shared.settings().lock_share = share;
        self
    }

    /// The share of requests answered with status 500, from 0 to 1.
    ///
    /// # Panics
    ///
    /// When the share is not from 0 to 1.
    pub fn set_error_rate(&self, share: f64) -> &Self {
        assert!((0.0..=1.0).contains(&share), "a share of errors is from 0 to 1, not {share}");
        self.shared.settings().error_rate = share;
        self
    }

    /// How many requests are worked on at once; others wait in line.
    ///
    /// # Panics
    ///
    /// When it is 0.
    pub fn set_capacity(&self, places: usize) -> &Self {
        assert!(places > 0, "a service needs room for one request; to stop it, use pause or kill");
        let mut settings = self.shared.settings();
        settings.places = Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS)));
        settings.capacity = places;
        drop(settings);
        self
    }

    /// How many requests may wait in line; others are answered with status 503 at once.
    pub fn set_queue(&self, waiting: u64) -> &Self {
        self.shared.settings().queue = waiting;
        self
    }

    /// Which paths there are: others are answered with status 404, after the same delay.
    pub fn set_known(&self, known: impl Fn(&str) -> bool + Send + Sync + 'static) -> &Self {
        self.shared.settings().known = Some(Arc::new(known));
        self
    }

    /// What it asks, after its own delay, before it answers.
    pub fn set_parts(&self, parts: &Parts) -> &Self {
        self.shared.settings().parts = Some(parts.clone());
        self
    }

    /// What `/health` says.
    pub fn set_healthy(&self, healthy: bool) -> &Self {
        self.shared.healthy.store(healthy, Ordering::Relaxed);
        self
    }

    /// How many requests it has answered with status 200 or 404, `/health` left out.
    pub fn served(&self) -> u64 {
        self.shared.served.load(Ordering::Relaxed)
    }

    /// How many requests it has answered with status 500.
    pub fn failed(&self) -> u64 {
        self.shared.failed.load(Ordering::Relaxed)
    }

    /// How many requests it has turned away with status 503.
    pub fn rejected(&self) -> u64 {
        self.shared.rejected.load(Ordering::Relaxed)
    }

    /// How many requests are in it now, waiting or worked on.
    pub fn in_flight(&self) -> u64 {
        self.shared.present.load(Ordering::Relaxed)
    }

    /// How often each path was asked for.
    pub fn paths(&self) -> BTreeMap<String, u64> {
        self.shared.by_path.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets the counts back to zero.
    pub fn forget_counts(&self) {
        for count in [&self.shared.served, &self.shared.failed, &self.shared.rejected] {
            count.store(0, Ordering::Relaxed);
        }
        self.shared.by_path.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

is_our_own!(Service);

impl Behind for Arc<Shared> {
    fn handler(&self) -> Handler {
        let shared = self.clone();
        Handler::new(tower::service_fn(move |request| {
            let shared = shared.clone();
            async move { Ok(answer(request, shared).await) }
        }))
    }

    fn closed(&self) {
        self.present.store(0, Ordering::Relaxed);
    }
}

/// The counts of these services, side by side.
pub fn counts<'a>(services: impl IntoIterator<Item = &'a Service>) -> Table {
    let table = Table::new(["service", "served", "failed", "turned away", "in flight"]);
    services.into_iter().fold(table, |table, service| {
        let counts = [service.served(), service.failed(), service.rejected(), service.in_flight()];
        table.row([service.name().to_owned()].into_iter().chain(counts.map(thousands)))
    })
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "service {} at {}, {} served", self.name(), self.address(), self.served())
    }
}

impl Shared {
    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, status: StatusCode) {
        let counter = if status == StatusCode::INTERNAL_SERVER_ERROR { &self.failed } else { &self.served };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl Settings {
    /// When a request that begins now is done, if its delay is so many milliseconds. The lock is handed on at
    /// planned moments, so that it is held for exactly its share, however late timers are.
    fn done_at(&mut self, delay: f64) -> Instant {
        let seconds = delay.max(0.0) / 1000.0;
        let held = seconds * self.lock_share;
        let mut from = Instant::now();
        if held > 0.0 {
            from = from.max(self.lock_free) + Duration::from_secs_f64(held);
            self.lock_free = from;
        }
        from + Duration::from_secs_f64(seconds - held)
    }
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Answer {
    let path = request.uri().path().to_owned();
    if path == "/health" {
        let healthy = shared.healthy.load(Ordering::Relaxed);
        let (status, body) = if healthy { (200, "healthy\n") } else { (503, "unhealthy\n") };
        return response(&shared, status, body);
    }
    *shared.by_path.lock().unwrap_or_else(PoisonError::into_inner).entry(path.clone()).or_default() += 1;
    let Some(present) = Present::enter(&shared) else {
        shared.rejected.fetch_add(1, Ordering::Relaxed);
        return response(&shared, 503, "the line is full\n");
    };
    let places = shared.settings().places.clone();
    // Nobody closes them.
    let place = places.acquire_owned().await.ok();
    let (delay, done, fails, known, parts) = {
        let settings = &mut *shared.settings();
        let delay = settings.delay.sample(&mut settings.rng);
        let fails = settings.rng.chance(settings.error_rate);
        (delay, settings.done_at(delay), fails, settings.known.clone(), settings.parts.clone())
    };
    if delay > 0.0 {
        tokio::time::sleep_until(done).await;
    }
    if fails {
        shared.failed.fetch_add(1, Ordering::Relaxed);
        return response(&shared, 500, "failed, as it was told to\n");
    }
    if let Some(behind) = &shared.behind {
        let answer = behind.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
        shared.count(answer.status());
        let (parts, body) = signed(&shared, answer).into_parts();
        return Answer::from_parts(parts, keeping(body, Under { _present: present, _place: place }));
    }
    let (status, body) = match parts {
        None if known.is_some_and(|known| !known(&path)) => (404, "none\n".to_owned()),
        None => (200, format!("{} {path}\n", shared.name)),
        Some(parts) => match parts.read(&path, &shared.flights).await {
            Found::Known(value) => (200, format!("{value} by {}\n", shared.name)),
            Found::Absent => (404, "none\n".to_owned()),
            Found::Failed => (500, "the store does not answer\n".to_owned()),
        },
    };
    shared.count(StatusCode::from_u16(status).unwrap_or_default());
    response(&shared, status, &body)
}

/// What a request holds until its answer is over.
struct Under {
    _present: Present,
    _place: Option<OwnedSemaphorePermit>,
}

impl Kept for Under {}

/// A request that is in the service, until it is answered or its client is gone.
struct Present(Arc<Shared>);

impl Present {
    fn enter(shared: &Arc<Shared>) -> Option<Self> {
        let settings = shared.settings();
        let room = (settings.capacity as u64).saturating_add(settings.queue);
        // The settings are locked, so no two requests take the last room.
        if shared.present.load(Ordering::Relaxed) >= room {
            return None;
        }
        shared.present.fetch_add(1, Ordering::Relaxed);
        Some(Self(shared.clone()))
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        // A kill may have set it to zero already.
        let _ = self.0.present.try_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_sub(1));
    }
}

fn response(shared: &Shared, status: u16, body: &str) -> Answer {
    signed(shared, plain(status, body))
}

/// An answer with the name of the service.
fn signed(shared: &Shared, mut answer: Answer) -> Answer {
    if let Ok(name) = shared.name.parse() {
        answer.headers_mut().insert("x-served-by", name);
    }
    answer
}
