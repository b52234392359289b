//! How requests are sent: in an open loop, or by clients that wait.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use algorithms::rng::Rng;
use hdrhistogram::Histogram;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::result::{Answered, LoadResult};
use crate::ground::error::{LabError, Task};
use crate::http::{self, Connection};

/// No run takes longer.
pub(super) const MOST_TIME: Duration = Duration::from_secs(60);
/// No run sends more.
const MOST_REQUESTS: u64 = 200_000;
/// More connections than this are never open; further requests wait for one, and their latency grows.
const MOST_CONNECTIONS: usize = 500;
/// The longest latency that is told apart, in microseconds.
const LONGEST: u64 = 120_000_000;

/// A load to put on a server: how requests arrive, for how long.
#[derive(Clone, Debug)]
pub struct Load {
    pub(super) arrivals: Arrivals,
    pub(super) time: Duration,
    pub(super) requests: u64,
    pub(super) patience: Duration,
    pub(super) seed: u64,
    /// What becomes of `{n}`; when empty, the number of the request.
    pub(super) numbers: Arc<[u64]>,
    pub(super) headers: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Arrivals {
    Poisson { per_second: f64 },
    Evenly { per_second: f64 },
    Closed { clients: usize, think: Duration },
}

impl Load {
    /// Requests of independent visitors: on average so many per second, at random times (a Poisson process).
    ///
    /// # Panics
    ///
    /// When the rate is not above 0.
    pub fn open(per_second: f64) -> Self {
        assert!(per_second > 0.0, "a rate is above 0, not {per_second}");
        Self::new(Arrivals::Poisson { per_second })
    }

    /// One request every 1/`per_second`, whether or not the last one is answered.
    ///
    /// # Panics
    ///
    /// When the rate is not above 0.
    pub fn evenly(per_second: f64) -> Self {
        assert!(per_second > 0.0, "a rate is above 0, not {per_second}");
        Self::new(Arrivals::Evenly { per_second })
    }

    /// So many clients, each of which waits for its answer before it asks again.
    ///
    /// # Panics
    ///
    /// When there are none, or more than 500.
    pub fn closed(clients: usize) -> Self {
        assert!((1..=MOST_CONNECTIONS).contains(&clients), "from 1 to 500 clients, not {clients}");
        Self::new(Arrivals::Closed { clients, think: Duration::ZERO })
    }

    fn new(arrivals: Arrivals) -> Self {
        let (time, patience) = (Duration::from_secs(5), Duration::from_secs(5));
        let numbers: Arc<[u64]> = Arc::new([]);
        Self { arrivals, time, requests: MOST_REQUESTS, patience, seed: 35, numbers, headers: Vec::new() }
    }

    /// How long clients of a closed loop wait between an answer and their next request.
    #[must_use]
    pub fn think(mut self, pause: Duration) -> Self {
        if let Arrivals::Closed { think, .. } = &mut self.arrivals {
            *think = pause;
        }
        self
    }

    /// Sends for this long (5 s if not set, at most 60 s), then waits for the answers under way.
    #[must_use]
    pub fn lasting(mut self, time: Duration) -> Self {
        self.time = time.min(MOST_TIME);
        self
    }

    /// Sends no more than so many requests (at most 200,000).
    #[must_use]
    pub fn requests(mut self, count: u64) -> Self {
        self.requests = count.min(MOST_REQUESTS);
        self
    }

    /// After this long an unanswered request counts as failed (5 s if not set).
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// What becomes of `{n}` in the address: these numbers in turn, from the start again after the last.
    #[must_use]
    pub fn numbers(mut self, numbers: impl Into<Arc<[u64]>>) -> Self {
        self.numbers = numbers.into();
        self
    }

    /// Sends this header with each request.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Other random arrival times.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sends `GET` requests to this address; `{n}` in it becomes the number of the request, or one of
    /// [`numbers`](Self::numbers).
    ///
    /// # Errors
    ///
    /// When the address is none, or is not of this machine. A server that fails is a result, not an error.
    pub fn run(&self, url: &str) -> Task<'static, LoadResult> {
        let (load, url) = (self.clone(), url.to_owned());
        Box::pin(async move {
            let target = Arc::new(Target::new(&url, &load).await?);
            match load.arrivals {
                Arrivals::Poisson { per_second } => load.run_open(&target, per_second, true).await,
                Arrivals::Evenly { per_second } => load.run_open(&target, per_second, false).await,
                Arrivals::Closed { clients, think } => load.run_closed(&target, clients, think).await,
            }
            Ok(target.result())
        })
    }

    /// As [`run`](Self::run), and does something this long after the start: `|| service.kill()`.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_with<'a>(
        &self,
        url: &str,
        after: Duration,
        act: impl FnOnce() + Send + 'a,
    ) -> Task<'a, LoadResult> {
        let mut load = self.run(url);
        Box::pin(async move {
            let early = tokio::time::timeout(after, &mut load).await;
            act();
            match early {
                Ok(result) => result,
                Err(_) => load.await,
            }
        })
    }

    async fn run_open(&self, target: &Arc<Target>, per_second: f64, random: bool) {
        let (due, mut arrivals) = mpsc::unbounded_channel();
        let (load, mut rng) = (self.clone(), Rng::new(self.seed));
        // A thread of its own: a runtime's timers are good to a millisecond only.
        let clock = std::thread::spawn(move || {
            let begun = Instant::now();
            let mut at = Duration::ZERO;
            for number in 0..load.requests {
                let gap = if random { rng.exponential(1.0 / per_second) } else { 1.0 / per_second };
                at += Duration::from_secs_f64(gap);
                if at > load.time {
                    break;
                }
                std::thread::sleep(at.saturating_sub(begun.elapsed()));
                // Nobody receives any more when the run was given up.
                if due.send((number, begun + at)).is_err() {
                    break;
                }
            }
        });
        let connections = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let mut running = JoinSet::new();
        while let Some((number, intended)) = arrivals.recv().await {
            let (target, connections) = (target.clone(), connections.clone());
            running.spawn(async move {
                let _one_of_many = connections.acquire().await;
                let idle = target.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let connection = target.send(idle, number, intended).await;
                target.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(connection);
            });
            while running.try_join_next().is_some() {}
        }
        running.join_all().await;
        // The thread has sent all it had, so this does not wait.
        let _ = clock.join();
    }

    async fn run_closed(&self, target: &Arc<Target>, clients: usize, think: Duration) {
        let end = Instant::now() + self.time;
        let numbers = Arc::new(std::sync::atomic::AtomicU64::new(0));
        let mut running = JoinSet::new();
        for _ in 0..clients {
            let (target, numbers, most) = (target.clone(), numbers.clone(), self.requests);
            running.spawn(async move {
                let mut connection = None;
                while Instant::now() < end {
                    let number = numbers.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if number >= most {
                        break;
                    }
                    connection = target.send(connection, number, Instant::now()).await;
                    if !think.is_zero() {
                        tokio::time::sleep(think).await;
                    }
                }
            });
        }
        running.join_all().await;
    }
}

/// What is driven, and what was seen.
pub(super) struct Target {
    url: String,
    address: SocketAddr,
    patience: Duration,
    numbers: Arc<[u64]>,
    headers: Vec<(String, String)>,
    begun: Instant,
    idle: Mutex<Vec<Connection>>,
    seen: Mutex<Seen>,
}

struct Seen {
    latency: Histogram<u64>,
    service: Histogram<u64>,
    statuses: BTreeMap<u16, u64>,
    unanswered: u64,
    answered: Vec<Answered>,
}

impl Target {
    pub(super) async fn new(url: &str, load: &Load) -> Result<Self, LabError> {
        let (host, _) =
            http::build("GET", &url.replace("{n}", "0"), &[], "").map_err(|e| LabError::answer(url, e))?;
        let found = tokio::net::lookup_host(&host).await.map_err(|e| LabError::answer(url, e))?;
        let addresses: Vec<SocketAddr> = found.collect();
        let refused = || LabError::NotLoopback { target: host.clone() };
        // All of them, so that no name leads elsewhere at the second look.
        if !addresses.iter().all(|address| address.ip().is_loopback()) {
            return Err(refused());
        }
        let address = *addresses.first().ok_or_else(refused)?;
        let histogram =
            || Histogram::new_with_bounds(1, LONGEST, 3).expect("the bounds are constants that it accepts");
        let seen = Seen {
            latency: histogram(),
            service: histogram(),
            statuses: BTreeMap::new(),
            unanswered: 0,
            answered: Vec::new(),
        };
        let (idle, seen) = (Mutex::default(), Mutex::new(seen));
        let (numbers, headers) = (load.numbers.clone(), load.headers.clone());
        let (url, patience, begun) = (url.to_owned(), load.patience, Instant::now());
        Ok(Self { url, address, patience, numbers, headers, begun, idle, seen })
    }

    /// Sends one request; the connection, when it can be used again.
    async fn send(&self, kept: Option<Connection>, number: u64, intended: Instant) -> Option<Connection> {
        let sent = Instant::now();
        let place = number as usize % self.numbers.len().max(1);
        let url = self.url.replace("{n}", &self.numbers.get(place).copied().unwrap_or(number).to_string());
        let headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let talk = async {
            let (_, request) = http::build("GET", &url, &headers, "")?;
            let mut connection = match kept {
                Some(connection) if connection.is_ready() => connection,
                _ => http::open(&self.address.to_string()).await?,
            };
            let answer = http::exchange(&mut connection, request).await?;
            // The server may want to close it: that is known only after a look.
            let again = connection.ready().await.is_ok();
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>((answer.status, again.then_some(connection)))
        };
        let outcome = tokio::time::timeout(self.patience, talk).await;
        let micros = |since: Instant| u64::try_from(since.elapsed().as_micros()).unwrap_or(LONGEST).max(1);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.latency.saturating_record(micros(intended));
        let well = matches!(&outcome, Ok(Ok((status, _))) if *status < 400);
        seen.answered.push(Answered {
            due: intended.saturating_duration_since(self.begun).as_secs_f32(),
            latency_ms: micros(intended) as f32 / 1e3,
            well,
        });
        seen.service.saturating_record(micros(sent));
        let Ok(Ok((status, connection))) = outcome else {
            seen.unanswered += 1;
            return None;
        };
        *seen.statuses.entry(status).or_default() += 1;
        connection
    }

    fn result(&self) -> LoadResult {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        LoadResult {
            latency: seen.latency.clone(),
            service: seen.service.clone(),
            statuses: seen.statuses.clone(),
            unanswered: seen.unanswered,
            answered: seen.answered.clone(),
            elapsed: self.begun.elapsed(),
        }
    }
}
