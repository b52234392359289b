//! Backends: which one is next, and what a failure means.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use algorithms::gateway::Plan;

use crate::body::{Answer, Kept, plain};
use crate::forward::{Connections, Failure, Forwarded};

/// How long a backend that refused is left out.
const LEFT_OUT: Duration = Duration::from_secs(1);
/// How many backends of a group are tried for one request.
const TRIES: usize = 2;

/// The backends of all groups.
#[derive(Default)]
pub(super) struct Upstreams {
    turn: AtomicU64,
    connections: Connections,
    left_out: Mutex<BTreeMap<SocketAddr, Instant>>,
    /// How many requests were sent.
    pub(super) forwarded: AtomicU64,
}

impl Upstreams {
    /// Sends the request to a backend of the group, in turn; one that refuses is left out for a second, and
    /// another one asked.
    ///
    /// Something is kept until the answer's body is over.
    ///
    /// A request that a backend may have got is sent again only if doing it twice is the same as once.
    pub(super) async fn send(
        &self,
        plan: &Plan,
        group: &str,
        mut request: Forwarded,
        timeout: Duration,
        kept: impl Kept,
    ) -> Answer {
        let backends = plan.groups.get(group).map_or(&[][..], Vec::as_slice);
        let tries = async {
            for backend in self.in_turn(backends).into_iter().take(TRIES) {
                self.forwarded.fetch_add(1, Ordering::Relaxed);
                match self.connections.ask(backend, &mut request).await {
                    Ok(answer) => return answer.keeping(kept),
                    Err(Failure::NotSent) => {
                        self.lock_left_out().insert(backend, Instant::now() + LEFT_OUT);
                    }
                    Err(Failure::Broken) if request.is_repeatable() => {}
                    Err(Failure::Broken) => return plain(502, "the backend broke off\n"),
                }
            }
            plain(502, "no backend answers\n")
        };
        let answer = tokio::time::timeout(timeout, tries).await;
        answer.unwrap_or_else(|_| plain(504, "the backend took too long\n"))
    }

    pub(super) fn forget_connections(&self) {
        self.connections.forget();
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

    fn lock_left_out(&self) -> MutexGuard<'_, BTreeMap<SocketAddr, Instant>> {
        self.left_out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
