//! Our own HTTP service: a backend whose delay, error rate and capacity are set while it runs.
//!
//! It runs inside this process. A request first waits for one of `capacity` places, then takes the
//! delay (as a call to another machine would: it costs no processor time), of which it may have to hold a
//! lock for a share, then answers.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use super::port::{Port, loopback};
use super::{LabError, Task};
use crate::dist::{Constant, Distribution};
use crate::rng::Rng;
use crate::table::{Table, thousands};

type Answer = Response<Full<Bytes>>;

/// A service that answers `GET` of any path with its name and the path.
///
/// `/health` answers 200 or, when made unhealthy, 503. Answers carry its name in `x-served-by`.
pub struct Service {
    port: Port,
    shared: Arc<Shared>,
    task: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    name: String,
    settings: Mutex<Settings>,
    paused: watch::Sender<bool>,
    healthy: AtomicBool,
    listens: AtomicBool,
    served: AtomicU64,
    failed: AtomicU64,
    rejected: AtomicU64,
    present: AtomicU64,
    by_path: Mutex<BTreeMap<String, u64>>,
}

struct Settings {
    delay: Box<dyn Distribution + Send>,
    error_rate: f64,
    places: Arc<Semaphore>,
    capacity: usize,
    queue: u64,
    lock_share: f64,
    /// When the last request that came for the lock gives it back.
    lock_free: Instant,
    rng: Rng,
}

impl Service {
    /// Starts one of this name, with no delay, no errors, and room for everyone.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub fn start(name: &str) -> Task<'static, Self> {
        let name = name.to_owned();
        Box::pin(async move {
            let port = Port::free()?;
            let settings = Settings {
                delay: Box::new(Constant(0.0)),
                error_rate: 0.0,
                places: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
                capacity: Semaphore::MAX_PERMITS,
                queue: u64::MAX,
                lock_share: 0.0,
                lock_free: Instant::now(),
                rng: Rng::new(crate::hash::hash_str(&name, 0)),
            };
            let shared = Shared {
                name,
                settings: Mutex::new(settings),
                paused: watch::Sender::new(false),
                healthy: AtomicBool::new(true),
                listens: AtomicBool::new(false),
                served: AtomicU64::new(0),
                failed: AtomicU64::new(0),
                rejected: AtomicU64::new(0),
                present: AtomicU64::new(0),
                by_path: Mutex::new(BTreeMap::new()),
            };
            let service = Self { port, shared: Arc::new(shared), task: Mutex::new(None) };
            service.restart().await?;
            Ok(service)
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

    /// Its name.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// The address of a path of it: `service.url("/")`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
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

    /// What `/health` says.
    pub fn set_healthy(&self, healthy: bool) -> &Self {
        self.shared.healthy.store(healthy, Ordering::Relaxed);
        self
    }

    /// How many requests it has answered with status 200, `/health` left out.
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

    /// Ends it at once: its port refuses, its connections break.
    pub fn kill(&self) {
        if let Some(task) = self.task().as_ref() {
            task.abort();
        }
        self.shared.listens.store(false, Ordering::Relaxed);
        self.shared.present.store(0, Ordering::Relaxed);
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
            self.shared.present.store(0, Ordering::Relaxed);
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

/// The counts of these services, side by side.
pub fn counts<'a>(services: impl IntoIterator<Item = &'a Service>) -> Table {
    let table = Table::new(["service", "served", "failed", "turned away", "in flight"]);
    services.into_iter().fold(table, |table, service| {
        let counts = [service.served(), service.failed(), service.rejected(), service.in_flight()];
        table.row([service.name().to_owned()].into_iter().chain(counts.map(thousands)))
    })
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
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

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    // Dropping the set ends the connections.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let _ = stream.set_nodelay(true);
                let shared = shared.clone();
                connections.spawn(async move {
                    let service = service_fn(move |request| answer(request, shared.clone()));
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Answer, Infallible> {
    let path = request.uri().path().to_owned();
    // A sender that is gone belongs to a service that is gone, and so does this task.
    let _ = shared.paused.subscribe().wait_for(|paused| !paused).await;
    if path == "/health" {
        let healthy = shared.healthy.load(Ordering::Relaxed);
        let (status, body) = if healthy { (200, "healthy\n") } else { (503, "unhealthy\n") };
        return Ok(response(&shared, status, body.to_owned()));
    }
    *shared.by_path.lock().unwrap_or_else(PoisonError::into_inner).entry(path.clone()).or_default() += 1;
    let Some(_present) = Present::enter(&shared) else {
        shared.rejected.fetch_add(1, Ordering::Relaxed);
        return Ok(response(&shared, 503, "the line is full\n".to_owned()));
    };
    let places = shared.settings().places.clone();
    let _place = places.acquire().await;
    let (delay, done, fails) = {
        let settings = &mut *shared.settings();
        let delay = settings.delay.sample(&mut settings.rng);
        (delay, settings.done_at(delay), settings.rng.chance(settings.error_rate))
    };
    if delay > 0.0 {
        tokio::time::sleep_until(done).await;
    }
    if fails {
        shared.failed.fetch_add(1, Ordering::Relaxed);
        return Ok(response(&shared, 500, "failed, as it was told to\n".to_owned()));
    }
    shared.served.fetch_add(1, Ordering::Relaxed);
    Ok(response(&shared, 200, format!("{} {path}\n", shared.name)))
}

/// A request that is in the service, until it is answered or its client is gone.
struct Present<'a>(&'a AtomicU64);

impl<'a> Present<'a> {
    fn enter(shared: &'a Shared) -> Option<Self> {
        let settings = shared.settings();
        let room = (settings.capacity as u64).saturating_add(settings.queue);
        // The settings are locked, so no two requests take the last room.
        if shared.present.load(Ordering::Relaxed) >= room {
            return None;
        }
        shared.present.fetch_add(1, Ordering::Relaxed);
        Some(Self(&shared.present))
    }
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        // A kill may have set it to zero already.
        let _ = self.0.try_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_sub(1));
    }
}

fn response(shared: &Shared, status: u16, body: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    if let Ok(name) = shared.name.parse() {
        answer.headers_mut().insert("x-served-by", name);
    }
    answer
}
