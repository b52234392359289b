//! One kernel as the routes and sockets see it; its task is in `keeper`.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::keeper::Keeper;
use super::orders::{Listener, Order, Outgoing, Status, Waiting, lock, queue};
use super::process::Process;
use super::recent::Delivery;
use crate::protocol::{Channel, Message, iso_8601};

/// A handle on a kernel; the kernel itself lives in a task.
#[derive(Debug)]
pub(super) struct Kernel {
    pub(super) id: String,
    orders: UnboundedSender<Order>,
    status: Arc<Mutex<Status>>,
    /// Counts sockets, to tell them apart.
    sockets: AtomicU64,
}

/// A socket's end of its connection to the kernel; dropping it leaves.
#[derive(Debug)]
pub(super) struct Connection {
    kernel: Arc<Kernel>,
    socket: u64,
    queue: Waiting,
    delivered: Arc<AtomicU64>,
}

impl Connection {
    /// What to send next; `None` when the socket was too slow.
    pub(super) async fn next(&mut self) -> Option<Outgoing> {
        self.queue.next().await
    }

    /// Notes that a message has left, so that it is not sent again after a break.
    pub(super) fn delivered(&self, delivery: &Delivery) {
        self.delivered.fetch_max(delivery.number, Ordering::Relaxed);
    }

    pub(super) fn send(&self, message: Message) {
        self.kernel.order(Order::Request { socket: Some(self.socket), message: Box::new(message) });
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.kernel.order(Order::Detach(self.socket));
    }
}

impl Kernel {
    /// Starts a kernel, and returns the handle together with what has to be spawned.
    pub(super) fn start(
        id: String,
        command: Vec<OsString>,
    ) -> std::io::Result<(Arc<Self>, impl Future<Output = ()> + Send)> {
        let process = Process::start(&command)?;
        let (orders, waiting) = unbounded_channel();
        let now = Instant::now();
        let status = Arc::new(Mutex::new(Status {
            state: "starting".to_owned(),
            connections: 0,
            last_activity: SystemTime::now(),
            quiet_since: now,
            was_connected: false,
        }));
        let keeper = Keeper::new(command, process, Arc::clone(&status));
        let kernel = Self { id, orders, status, sockets: AtomicU64::new(1) };
        Ok((Arc::new(kernel), keeper.run(waiting)))
    }

    fn order(&self, order: Order) {
        // A kernel that has ended takes no orders, and its sockets know.
        let _ = self.orders.send(order);
    }

    fn status(&self) -> Status {
        lock(&self.status).clone()
    }

    /// Connects a socket. The client `session` gets what it missed since its last socket.
    pub(super) fn connect(self: Arc<Self>, session: String) -> Connection {
        let (sender, queue) = queue();
        let socket = self.sockets.fetch_add(1, Ordering::Relaxed);
        let delivered = Arc::new(AtomicU64::new(0));
        self.order(Order::Attach(Listener {
            socket,
            speaks_for: BTreeSet::from([session.clone()]),
            session,
            queue: sender,
            delivered: Arc::clone(&delivered),
        }));
        Connection { kernel: self, socket, queue, delivered }
    }

    /// Stops the running cell.
    pub(super) fn interrupt(&self) {
        let message = Message::request(Channel::Control, "interrupt_request", json!({}));
        self.order(Order::Request { socket: None, message: Box::new(message) });
    }

    /// Replaces the process; completes when the new one has been started.
    pub(super) async fn restart(&self) {
        let (done, restarted) = oneshot::channel();
        self.order(Order::Restart(done));
        let _ = restarted.await;
    }

    /// Ends the kernel; its sockets are told `reason`.
    pub(super) fn stop(&self, reason: &'static str) {
        self.order(Order::Stop(reason));
    }

    /// Completes when the kernel has ended.
    pub(super) async fn ended(&self) {
        self.orders.closed().await;
    }

    /// The kernel as the REST API shows it.
    pub(super) fn model(&self) -> Value {
        let status = self.status();
        json!({
            "id": self.id,
            "name": crate::kernelspec::NAME,
            "last_activity": iso_8601(status.last_activity),
            "execution_state": status.state,
            "connections": status.connections,
        })
    }

    pub(super) fn last_activity(&self) -> SystemTime {
        self.status().last_activity
    }

    pub(super) fn connections(&self) -> usize {
        self.status().connections
    }

    /// How long no page has been connected and nothing has happened; `None` while one is.
    pub(super) fn quiet_for(&self) -> Option<Duration> {
        let status = self.status();
        (status.connections == 0).then(|| status.quiet_since.elapsed())
    }

    /// True when its page has gone and it has nothing to do.
    pub(super) fn is_abandoned(&self) -> bool {
        let status = self.status();
        status.was_connected && status.connections == 0 && status.state != "busy"
    }
}
