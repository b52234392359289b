//! What a kernel's handle and the task that keeps it say to each other.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use tokio::sync::mpsc::Sender;
use tokio::sync::oneshot;

use super::recent::Delivery;
use crate::protocol::Message;

/// What a socket is told.
#[derive(Clone, Debug)]
pub(super) enum Outgoing {
    /// A message of the kernel.
    Message(Arc<Delivery>),
    /// There will be no more, for this reason.
    Close(&'static str),
}

/// What the rest of the server may know without asking the task.
#[derive(Clone, Debug)]
pub(super) struct Status {
    pub(super) state: String,
    pub(super) connections: usize,
    pub(super) last_activity: SystemTime,
    /// The last time that a message or a socket came or went.
    pub(super) quiet_since: Instant,
    pub(super) was_connected: bool,
}

/// What the task is asked to do.
#[derive(Debug)]
pub(super) enum Order {
    Attach(Listener),
    Detach(u64),
    Request { socket: Option<u64>, message: Box<Message> },
    Restart(oneshot::Sender<()>),
    Stop(&'static str),
}

/// A socket's place in the kernel's list.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) socket: u64,
    /// The client session that it belongs to.
    pub(super) session: String,
    /// The sessions in whose name it has asked; it gets their replies.
    pub(super) speaks_for: BTreeSet<String>,
    pub(super) queue: Sender<Outgoing>,
    /// The number of the last message that left.
    pub(super) delivered: Arc<AtomicU64>,
}

/// A status is whole at any time, also after a panic elsewhere.
pub(super) fn lock(status: &Mutex<Status>) -> MutexGuard<'_, Status> {
    status.lock().unwrap_or_else(PoisonError::into_inner)
}
