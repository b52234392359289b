//! Backends: which one is next, connections that are kept, and what a failure means.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request};

use super::Shared;
use super::request::{Answer, Forwarded, end_to_end, plain};
use crate::gateway::Plan;
use crate::lab::http::{self, Connection};

/// How long a backend that refused is left out.
const LEFT_OUT: Duration = Duration::from_secs(1);
/// More idle connections to one backend are not kept.
const MOST_IDLE: usize = 64;
/// No body of an answer is larger, in bytes.
const MOST_BODY: usize = 16 * 1024 * 1024;
/// How many backends of a group are tried for one request.
const TRIES: usize = 2;

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// The backends of all groups.
#[derive(Default)]
pub(super) struct Upstreams {
    turn: AtomicU64,
    idle: Mutex<BTreeMap<SocketAddr, Vec<Connection>>>,
    left_out: Mutex<BTreeMap<SocketAddr, Instant>>,
}

/// Why a backend did not answer.
enum Failure {
    /// It never got the request: another one may have it.
    NotSent,
    /// It may have got it, and may have done it.
    Broken,
}

impl Upstreams {
    /// Sends the request to a backend of the group, in turn; one that refuses is left out for a second, and
    /// another one asked.
    ///
    /// A request that a backend may have got is sent again only if doing it twice is the same as once.
    pub(super) async fn send(
        &self,
        shared: &Shared,
        plan: &Plan,
        group: &str,
        request: Forwarded,
        timeout: Duration,
    ) -> Answer {
        let backends = plan.groups.get(group).map_or(&[][..], Vec::as_slice);
        let idempotent = [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS];
        let tries = async {
            for backend in self.in_turn(backends).into_iter().take(TRIES) {
                shared.forwarded.fetch_add(1, Ordering::Relaxed);
                match self.ask(backend, &request).await {
                    Ok(answer) => return answer,
                    Err(Failure::NotSent) => {
                        self.lock_left_out().insert(backend, Instant::now() + LEFT_OUT);
                    }
                    Err(Failure::Broken) if idempotent.contains(&request.method) => {}
                    Err(Failure::Broken) => return plain(502, "the backend broke off\n"),
                }
            }
            plain(502, "no backend answers\n")
        };
        let answer = tokio::time::timeout(timeout, tries).await;
        answer.unwrap_or_else(|_| plain(504, "the backend took too long\n"))
    }

    /// Whether a backend was not found dead a moment ago.
    pub(super) fn is_up(&self, backend: SocketAddr) -> bool {
        self.lock_left_out().get(&backend).is_none_or(|until| *until <= Instant::now())
    }

    /// All of them from the next one on; those that are left out come last.
    fn in_turn(&self, backends: &[SocketAddr]) -> Vec<SocketAddr> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let first = (turn % backends.len().max(1) as u64) as usize;
        let (before, from) = backends.split_at(first);
        let mut order = [from, before].concat();
        order.sort_by_key(|backend| !self.is_up(*backend));
        order
    }

    async fn ask(&self, backend: SocketAddr, request: &Forwarded) -> Result<Answer, Failure> {
        if let Some(mut kept) = self.take_idle(backend).await {
            match self.exchange(&mut kept, backend, request).await {
                // It was closed just before it could be used: a new one will do.
                Err(Failure::NotSent) => {}
                answer => {
                    self.keep(backend, kept, answer.is_ok());
                    return answer;
                }
            }
        }
        let mut new = http::open(&backend.to_string()).await.map_err(|_| Failure::NotSent)?;
        let answer = self.exchange(&mut new, backend, request).await;
        self.keep(backend, new, answer.is_ok());
        answer
    }

    async fn exchange(
        &self,
        connection: &mut Connection,
        backend: SocketAddr,
        request: &Forwarded,
    ) -> Result<Answer, Failure> {
        let built = build(backend, request).map_err(|_| Failure::Broken)?;
        let sent = connection.send_request(built).await;
        let answer =
            sent.map_err(|error| if error.is_canceled() { Failure::NotSent } else { Failure::Broken })?;
        let (mut parts, body) = answer.into_parts();
        let body = Limited::new(body, MOST_BODY).collect().await.map_err(|_| Failure::Broken)?.to_bytes();
        parts.headers = end_to_end(&parts.headers);
        Ok(Answer::from_parts(parts, Full::new(body)))
    }

    /// A connection that can be used again.
    async fn take_idle(&self, backend: SocketAddr) -> Option<Connection> {
        loop {
            let mut kept = self.lock_idle().get_mut(&backend)?.pop()?;
            if kept.ready().await.is_ok() {
                return Some(kept);
            }
        }
    }

    fn keep(&self, backend: SocketAddr, connection: Connection, well: bool) {
        let mut idle = self.lock_idle();
        let kept = idle.entry(backend).or_default();
        if well && !connection.is_closed() && kept.len() < MOST_IDLE {
            kept.push(connection);
        }
    }

    fn lock_idle(&self) -> MutexGuard<'_, BTreeMap<SocketAddr, Vec<Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_left_out(&self) -> MutexGuard<'_, BTreeMap<SocketAddr, Instant>> {
        self.left_out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn build(backend: SocketAddr, request: &Forwarded) -> Result<Request<Full<Bytes>>, AnyError> {
    let body = Full::new(request.body.clone());
    let mut built = Request::builder().method(request.method.clone()).uri(&request.path).body(body)?;
    *built.headers_mut() = request.headers.clone();
    built.headers_mut().insert("host", backend.to_string().parse()?);
    Ok(built)
}
