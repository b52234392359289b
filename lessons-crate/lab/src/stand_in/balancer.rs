//! Our own HTTP balancer: a policy of [`load_balancer`](algorithms::load_balancer) on sockets.
//!
//! It runs inside this process, and plays nginx or HAProxy where they are missing. Each request goes to the backend
//! that the policy picks, and, where that is safe, to another one if the first is dead.

mod mode;
mod orders;
mod team;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::MissedTickBehavior;

pub use mode::BalanceMode;
pub(crate) use mode::Care;
use team::Turn;
pub(crate) use team::{COLUMNS, NAMES, Team};

use algorithms::hash::hash_str;
use algorithms::load_balancer::{self, Balancer};
use algorithms::table::Table;

use crate::body::{Answer, Kept, plain};
use crate::door::{self, Behind, Handler, Peer};
use crate::forward::{Connections, Failure, Forwarded};
use crate::ground::error::{LabError, Task};
use crate::ground::talk;
use crate::http;
use crate::server::Server;
use crate::words::is_a_server;

/// The time between two health checks of a backend, and the longest that one may take: as with our HAProxy.
const EVERY: Duration = Duration::from_millis(200);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many backends HAProxy tries for one request: the first, and `retries 2`.
const TRIES: usize = 3;

/// A balancer inside this process, for every machine.
///
/// It asks each backend at `/health` every 200 ms: two failures in a row take one out, two successes bring it
/// back. The backends are called `s1`, `s2`, ... Where nginx and HAProxy are processes that `kill` ends, this is
/// a task; it is killed, paused and restarted in the same words.
///
/// HTTP/1 and HTTP/2 pass, with streams, trailers and WebSockets. What is no longer than 1 MiB is read whole, so that
/// another backend can be asked when one fails in the middle; a longer request is refused with status 413. A body of
/// unknown length streams, as does a longer answer: once it has begun, a backend that fails ends it.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> Result<(), lessons::lab::LabError> {
/// use lessons::lab::{HttpBalancer, Service, http};
/// use lessons::load_balancer::PeakEwma;
///
/// let services = Service::group(3).await?;
/// let addresses: Vec<_> = services.iter().map(Service::address).collect();
/// // Any policy, also one of your own.
/// let front = HttpBalancer::with_policy(Box::new(PeakEwma::new(3)), &addresses).await?;
/// assert!(http::get(&front.url("/")).await?.is_success());
/// # Ok(())
/// # }
/// ```
pub struct HttpBalancer {
    server: Server,
    shared: Arc<Shared>,
}

is_a_server!(HttpBalancer);

/// What the connections share.
pub(crate) struct Shared {
    team: Mutex<Arc<Team>>,
    connections: Connections,
    care: Care,
}

impl HttpBalancer {
    /// Balances over these backends.
    ///
    /// # Errors
    ///
    /// When there is no backend, or no port can be had.
    pub fn balance(mode: BalanceMode, backends: &[SocketAddr]) -> Task<'static, Self> {
        let weighted: Vec<(SocketAddr, u32)> = backends.iter().map(|&backend| (backend, 1)).collect();
        Self::balance_weighted(mode, &weighted)
    }

    /// Balances over backends with weights.
    ///
    /// # Errors
    ///
    /// When there is no backend, the weights add up to more than 1,000, or no port can be had.
    pub fn balance_weighted(mode: BalanceMode, backends: &[(SocketAddr, u32)]) -> Task<'static, Self> {
        Self::start("balancer", Team::new(mode, backends), Care::Checks)
    }

    /// Balances by any policy, for so many backends as there are addresses. Its times are in seconds; the key of
    /// a request is a hash of its path.
    ///
    /// # Errors
    ///
    /// When there is no backend, or no port can be had.
    pub fn with_policy(policy: Box<dyn Balancer + Send>, backends: &[SocketAddr]) -> Task<'static, Self> {
        Self::start("balancer", Team::with_policy(policy, backends), Care::Checks)
    }

    pub(crate) fn start(name: &str, team: Result<Team, LabError>, care: Care) -> Task<'static, Self> {
        let name = name.to_owned();
        Box::pin(async move {
            let team = Mutex::new(Arc::new(team?));
            let shared = Arc::new(Shared { team, connections: Connections::default(), care });
            Ok(Self { server: door::open(&name, shared.clone())?, shared })
        })
    }

    /// Starts one in the place of another server, which answers one request before it is handed out, as that does.
    pub(crate) async fn playing(
        name: &str,
        team: Result<Team, LabError>,
        care: Care,
    ) -> Result<(Server, Arc<Shared>), LabError> {
        let Self { server, shared } = Self::start(name, team, care).await?;
        http::answers(server.address()).await?;
        Ok((server, shared))
    }

    /// The address of a path: `balancer.url("/")`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// Balances over other backends from now on, without losing a request.
    ///
    /// # Errors
    ///
    /// When there is no backend, or the weights add up to more than 1,000: then the old ones stay.
    pub fn rebalance(&self, mode: BalanceMode, backends: &[(SocketAddr, u32)]) -> Task<'_, ()> {
        let team = Team::new(mode, backends);
        Box::pin(async move {
            self.shared.change(team?);
            Ok(())
        })
    }

    /// Each backend's state, connections and answers.
    pub fn backends(&self) -> Table {
        self.shared.team().rows().into_iter().fold(Table::new(NAMES), Table::row)
    }

    /// The state of one backend: `UP`, `DOWN` or `MAINT`.
    ///
    /// # Errors
    ///
    /// When there is no such backend.
    pub fn state<'a>(&'a self, backend: &'a str) -> Task<'a, String> {
        Box::pin(async move {
            let rows = self.shared.team().rows();
            let row = rows.into_iter().find(|[name, ..]| name == backend);
            let none = || LabError::answer(self.name(), format!("no backend {backend}"));
            row.map(|[_, state, ..]| state).ok_or_else(none)
        })
    }

    /// Waits until a backend is in this state; how a health check's time is measured.
    ///
    /// # Errors
    ///
    /// When it is not within 20 s.
    pub fn wait_for<'a>(&'a self, backend: &'a str, state: &'a str) -> Task<'a, ()> {
        Box::pin(async move {
            let what = format!("{backend} being {state}");
            talk::until(&what, Duration::from_secs(20), || async {
                (self.state(backend).await.ok()? == state).then_some(())
            })
            .await
        })
    }

    /// Gives an order as to HAProxy's stats socket: `disable server backends/s1`, `enable server backends/s1`, or
    /// `show stat`; the answer.
    ///
    /// # Errors
    ///
    /// When it is another order, or there is no such backend.
    pub fn order(&self, order: &str) -> Task<'_, String> {
        let answer = self.shared.order(order);
        Box::pin(async move { answer })
    }
}

impl Behind for Arc<Shared> {
    fn handler(&self) -> Handler {
        let shared = self.clone();
        Handler::new(tower::service_fn(move |request| {
            let shared = shared.clone();
            async move { Ok(answer(request, shared).await) }
        }))
    }

    fn beside(&self) -> Option<JoinHandle<()>> {
        (self.care == Care::Checks).then(|| tokio::spawn(check(self.clone())))
    }

    fn closed(&self) {
        self.connections.forget();
    }
}

/// A backend that breaks off in the middle has failed.
struct Streaming {
    turn: Turn,
    care: Care,
}

impl Kept for Streaming {
    fn over(&mut self, all: bool) {
        if !all {
            self.turn.failed(self.care);
        }
    }
}

impl Shared {
    fn team(&self) -> Arc<Team> {
        self.team.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Requests under way stay with the old team.
    pub(crate) fn change(&self, team: Team) {
        *self.team.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(team);
    }

    async fn forward(&self, mut request: Forwarded, client: Ipv4Addr) -> Answer {
        let team = self.team();
        let most = if self.care == Care::Requests { team.len() } else { TRIES };
        let asked = load_balancer::Request {
            time: team.age().as_secs_f64(),
            client,
            key: hash_str(&request.path, 0),
        };
        let mut tried = Vec::new();
        while tried.len() < most
            && let Some(mut turn) = team.pick(&asked, &tried, self.care)
        {
            let another = self.care == Care::Requests && request.is_repeatable();
            match self.connections.ask(turn.address(), &mut request).await {
                Ok(answer) if another && [502, 503].contains(&answer.status()) && tried.len() + 1 < most => {}
                Ok(answer) => {
                    turn.answered(answer.status());
                    return answer.keeping(Streaming { turn, care: self.care });
                }
                Err(Failure::NotSent) => {}
                Err(Failure::Broken) if another => {}
                Err(Failure::Broken) => {
                    turn.failed(self.care);
                    return plain(502, "the backend broke off\n");
                }
            }
            turn.failed(self.care);
            tried.push(turn.backend());
        }
        plain(if self.care == Care::Requests { 502 } else { 503 }, "no backend answers\n")
    }
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Answer {
    let peer = Peer::of(&request);
    let Some(request) = Forwarded::read(request, peer).await else {
        return plain(413, "the body is too large, or broke off\n");
    };
    let client = match peer.ip() {
        IpAddr::V4(client) => client,
        IpAddr::V6(_) => Ipv4Addr::LOCALHOST,
    };
    let answer = tokio::time::timeout(PATIENCE, shared.forward(request, client)).await;
    answer.unwrap_or_else(|_| plain(504, "the backend took too long\n"))
}

/// Asks all backends about their health, for ever.
async fn check(shared: Arc<Shared>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let team = shared.team();
        let mut checks = JoinSet::new();
        for (backend, address) in team.addresses().into_iter().enumerate() {
            checks.spawn(async move {
                let answer =
                    tokio::time::timeout(EVERY, http::get(&format!("http://{address}/health"))).await;
                (backend, matches!(answer, Ok(Ok(answer)) if answer.status < 400))
            });
        }
        while let Some(checked) = checks.join_next().await {
            if let Ok((backend, well)) = checked {
                team.checked(backend, well);
            }
        }
    }
}
