//! A load generator that tells the truth about latency.
//!
//! An *open* loop sends at times that do not depend on the answers, as many independent visitors do. Latency
//! counts from the time at which a request should have been sent, so a server that stalls is charged for
//! everyone who waited meanwhile: no coordinated omission. A *closed* loop has a fixed number of clients,
//! each of which waits for its answer and thinks before it asks again; it slows down with the server.
//!
//! It drives this machine only, for at most a minute and 200,000 requests.
//!
//! # Sources
//!
//! B. Schroeder, A. Wierman, M. Harchol-Balter, "Open Versus Closed: A Cautionary Tale", NSDI 2006.
//! G. Tene, "How NOT to Measure Latency", talk, 2013 (for coordinated omission), and his HdrHistogram.

mod moment;
pub(crate) mod wrk;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use algorithms::display::{MimeBundle, Render};
use algorithms::rng::Rng;
use algorithms::table::{Table, fixed, percent, thousands};
use moment::Answered;
pub use moment::Moment;
pub use wrk::WrkResult;

use crate::ground::error::{LabError, Task};
use crate::http::{self, Connection};

/// No run takes longer.
const MOST_TIME: Duration = Duration::from_secs(60);
/// No run sends more.
const MOST_REQUESTS: u64 = 200_000;
/// More connections than this are never open; further requests wait for one, and their latency grows.
const MOST_CONNECTIONS: usize = 500;
/// The longest latency that is told apart, in microseconds.
const LONGEST: u64 = 120_000_000;

/// A load to put on a server: how requests arrive, for how long.
#[derive(Clone, Debug)]
pub struct Load {
    arrivals: Arrivals,
    time: Duration,
    requests: u64,
    patience: Duration,
    seed: u64,
    /// What becomes of `{n}`; when empty, the number of the request.
    numbers: Arc<[u64]>,
    headers: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug)]
enum Arrivals {
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
struct Target {
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
    async fn new(url: &str, load: &Load) -> Result<Self, LabError> {
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

/// What a load met.
#[derive(Clone)]
pub struct LoadResult {
    latency: Histogram<u64>,
    service: Histogram<u64>,
    statuses: BTreeMap<u16, u64>,
    unanswered: u64,
    answered: Vec<Answered>,
    elapsed: Duration,
}

impl LoadResult {
    /// How many requests were sent.
    pub fn sent(&self) -> u64 {
        self.latency.len()
    }

    /// How many were answered with a status below 400.
    pub fn succeeded(&self) -> u64 {
        self.statuses.range(..400).map(|(_, count)| count).sum()
    }

    /// How many were refused, broken off, or not answered in time.
    pub fn unanswered(&self) -> u64 {
        self.unanswered
    }

    /// How often each status came.
    pub fn statuses(&self) -> &BTreeMap<u16, u64> {
        &self.statuses
    }

    /// The share that did not succeed.
    pub fn error_rate(&self) -> f64 {
        if self.sent() == 0 { 0.0 } else { 1.0 - self.succeeded() as f64 / self.sent() as f64 }
    }

    /// From the first request's plan to the last answer.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Successful answers per second.
    pub fn throughput(&self) -> f64 {
        self.succeeded() as f64 / self.elapsed.as_secs_f64()
    }

    /// This quantile of the latency (0.99 for the 99th percentile), to three digits. It counts from when
    /// a request should have been sent, and failed requests count too.
    pub fn latency(&self, quantile: f64) -> Duration {
        Duration::from_micros(self.latency.value_at_quantile(quantile))
    }

    /// The mean latency.
    pub fn mean_latency(&self) -> Duration {
        Duration::from_secs_f64(self.latency.mean() / 1e6)
    }

    /// The same quantile counted from when a request was really sent: what a generator reports that forgets
    /// the time requests spent waiting for a connection (coordinated omission).
    pub fn latency_since_sent(&self, quantile: f64) -> Duration {
        Duration::from_micros(self.service.value_at_quantile(quantile))
    }

    /// Quantiles and their latencies in milliseconds, for a plot.
    pub fn quantiles(&self) -> Vec<(f64, f64)> {
        let points = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 1.0];
        points.map(|q| (q, self.latency(q).as_secs_f64() * 1e3)).to_vec()
    }

    /// Several results, one a row.
    pub fn compare<'a>(results: impl IntoIterator<Item = (&'a str, &'a Self)>) -> Table {
        let columns =
            ["", "requests", "per second", "errors", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms"];
        let mut table = Table::new(columns);
        for (name, result) in results {
            let latencies = [0.5, 0.9, 0.99, 0.999, 1.0]
                .map(|quantile| fixed(result.latency(quantile).as_secs_f64() * 1e3, 1));
            let [requests, rate, errors] =
                [thousands(result.sent()), fixed(result.throughput(), 1), percent(result.error_rate(), 1)];
            table.push([name.to_owned(), requests, rate, errors].into_iter().chain(latencies));
        }
        table
    }
}

impl fmt::Display for LoadResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::compare([("load", self)]).fmt(f)
    }
}

impl fmt::Debug for LoadResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Render for LoadResult {
    fn render(&self) -> MimeBundle {
        Self::compare([("load", self)]).render()
    }
}

algorithms::rich_display!(LoadResult);
