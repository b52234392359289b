//! Our own HTTP service: a backend whose delay, error rate and capacity are set while it runs.
//!
//! It runs inside this process. A request first waits for one of `capacity` places, then takes the
//! delay (as a call to another machine would: it costs no processor time), of which it may have to hold a
//! lock for a share, then answers.

mod inside;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use algorithms::dist::{Constant, Distribution};
use algorithms::table::{Table, thousands};
use hyper::body::{Body, Bytes, Incoming};
use hyper::{Request, Response};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

use crate::body::{AnyError, boxed, plain};
use crate::door::{self, Handler};
use crate::ground::error::Task;
use crate::own::parts::Parts;
use crate::server::Server;
use crate::words::is_our_own;
use inside::Shared;

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
            let shared = Arc::new(Shared::new(name, behind));
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
