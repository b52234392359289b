//! What a kernel's handle and the task that keeps it say to each other.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use tokio::sync::mpsc::{Receiver, Sender, channel};
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
    pub(super) queue: Queue,
    /// The number of the last message that left.
    pub(super) delivered: Arc<AtomicU64>,
}

/// How many messages may wait for one socket; more than are ever replayed.
const MESSAGES_MAX: usize = 4096;
/// How many bytes of them; twice what is ever replayed. One larger message waits all the same.
const BYTES_MAX: usize = 32 << 20;

/// A socket's queue, as the kernel sees it.
#[derive(Debug)]
pub(super) struct Queue {
    sender: Sender<Outgoing>,
    waiting: Arc<AtomicUsize>,
}

/// A socket's queue, as the socket sees it.
#[derive(Debug)]
pub(super) struct Waiting {
    receiver: Receiver<Outgoing>,
    waiting: Arc<AtomicUsize>,
}

/// An empty queue.
pub(super) fn queue() -> (Queue, Waiting) {
    let (sender, receiver) = channel(MESSAGES_MAX);
    let waiting = Arc::new(AtomicUsize::new(0));
    (Queue { sender, waiting: Arc::clone(&waiting) }, Waiting { receiver, waiting })
}

impl Queue {
    /// Puts a message at the end; false when its socket is closed, or is too slow to be waited for.
    pub(super) fn push(&self, outgoing: Outgoing) -> bool {
        let length = outgoing.length();
        let before = self.waiting.fetch_add(length, Ordering::Relaxed);
        let sent = (before == 0 || before + length <= BYTES_MAX) && self.sender.try_send(outgoing).is_ok();
        if !sent {
            self.waiting.fetch_sub(length, Ordering::Relaxed);
        }
        sent
    }
}

impl Waiting {
    /// What to send next; `None` when the socket was too slow.
    pub(super) async fn next(&mut self) -> Option<Outgoing> {
        let outgoing = self.receiver.recv().await?;
        self.waiting.fetch_sub(outgoing.length(), Ordering::Relaxed);
        Some(outgoing)
    }
}

impl Outgoing {
    fn length(&self) -> usize {
        match self {
            Self::Message(delivery) => delivery.text.len(),
            Self::Close(_) => 0,
        }
    }
}

/// A status is whole at any time, also after a panic elsewhere.
pub(super) fn lock(status: &Mutex<Status>) -> MutexGuard<'_, Status> {
    status.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(length: usize) -> Outgoing {
        Outgoing::Message(Arc::new(Delivery { number: 1, audience: None, text: "x".repeat(length).into() }))
    }

    #[tokio::test]
    async fn a_queue_is_bounded_by_bytes_and_by_messages() {
        let (queue, mut waiting) = queue();
        let count = (0..1000).take_while(|_| queue.push(message(1 << 20))).count();
        assert_eq!(count, BYTES_MAX >> 20);
        waiting.next().await.expect("one");
        assert!(queue.push(message(1 << 20)) && !queue.push(message(1)));
        while waiting.waiting.load(Ordering::Relaxed) > 0 {
            waiting.next().await.expect("the rest");
        }
        // One that is larger than all room comes through when it is alone.
        assert!(queue.push(message(BYTES_MAX + 1)) && !queue.push(message(1)));
        waiting.next().await.expect("the large one");
        assert_eq!((0..10_000).take_while(|_| queue.push(message(1))).count(), MESSAGES_MAX);
        drop(waiting);
        assert!(!queue.push(message(1)));
    }
}
