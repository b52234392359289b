//! What happens to a request in a service.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use algorithms::dist::{Constant, Distribution};
use algorithms::rng::Rng;
use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tower::ServiceExt as _;

use crate::body::{Answer, Kept, keeping, plain};
use crate::door::{Behind, Handler};
use crate::own::parts::{Flights, Found, Parts};

/// What the requests of a service share.
pub(super) struct Shared {
    pub(super) name: String,
    pub(super) settings: Mutex<Settings>,
    pub(super) healthy: AtomicBool,
    pub(super) served: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) rejected: AtomicU64,
    pub(super) present: AtomicU64,
    pub(super) by_path: Mutex<BTreeMap<String, u64>>,
    pub(super) flights: Flights,
    /// What answers, in place of its name and the path.
    pub(super) behind: Option<Handler>,
}

/// Whether there is something at a path.
pub(super) type Known = Arc<dyn Fn(&str) -> bool + Send + Sync>;

pub(super) struct Settings {
    pub(super) delay: Box<dyn Distribution + Send>,
    pub(super) error_rate: f64,
    pub(super) places: Arc<Semaphore>,
    pub(super) capacity: usize,
    pub(super) queue: u64,
    pub(super) lock_share: f64,
    /// When the last request that came for the lock gives it back.
    pub(super) lock_free: Instant,
    pub(super) known: Option<Known>,
    pub(super) parts: Option<Parts>,
    pub(super) rng: Rng,
}

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

impl Shared {
    pub(super) fn new(name: String, behind: Option<Handler>) -> Self {
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
        Self {
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
        }
    }

    pub(super) fn settings(&self) -> MutexGuard<'_, Settings> {
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
