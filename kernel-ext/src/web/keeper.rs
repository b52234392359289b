//! Keeps one kernel: owns its process, hears its messages and hands them to the sockets that want them.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use axum::extract::ws::Utf8Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

use super::orders::{Listener, Order, Outgoing, Status, lock};
use super::process::Process;
use super::recent::{Delivery, Recent};
use crate::protocol::{Channel, Header, Message};

/// How long a kernel that was asked to end may take before it is killed.
const STOP_GRACE: Duration = Duration::from_secs(2);
/// The most client sessions that are remembered for their return.
const AWAY_MAX: usize = 64;

/// The part of a kernel's message that decides where it goes.
#[derive(Deserialize)]
struct Envelope {
    channel: Channel,
    header: Kind,
    #[serde(default)]
    parent_header: Parent,
}

#[derive(Deserialize)]
struct Kind {
    msg_type: String,
}

#[derive(Default, Deserialize)]
struct Parent {
    session: Option<String>,
}

/// Owns the process and the list of sockets.
pub(super) struct Keeper {
    command: Vec<OsString>,
    /// None when it has ended unasked.
    process: Option<Process>,
    status: Arc<Mutex<Status>>,
    listeners: Vec<Listener>,
    /// Client sessions without a socket, and the last message they got.
    away: BTreeMap<String, (u64, BTreeSet<String>)>,
    recent: Recent,
    /// The last request to run a cell: what happens unasked is shown there.
    last_request: Option<Header>,
    /// A client asked the kernel to shut down; true if it is to be started again.
    shutdown: Option<bool>,
}

impl Keeper {
    pub(super) fn new(command: Vec<OsString>, process: Process, status: Arc<Mutex<Status>>) -> Self {
        Self {
            command,
            process: Some(process),
            status,
            listeners: Vec::new(),
            away: BTreeMap::new(),
            recent: Recent::default(),
            last_request: None,
            shutdown: None,
        }
    }

    /// Runs until the kernel is stopped, or a client has shut it down.
    pub(super) async fn run(mut self, mut orders: UnboundedReceiver<Order>) {
        let reason = loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(Order::Attach(listener)) => self.attach(listener),
                    Some(Order::Detach(socket)) => self.detach(socket),
                    Some(Order::Request { socket, message }) => self.request(socket, *message),
                    Some(Order::Restart(done)) => {
                        self.restart().await;
                        let _ = done.send(());
                    }
                    Some(Order::Stop(reason)) => break reason,
                    None => break "no one is left to use this kernel",
                },
                line = next(&mut self.process) => match line {
                    Some(line) => self.hear(line),
                    None => match self.shutdown.take() {
                        Some(true) => self.restart().await,
                        Some(false) => break "the kernel was shut down",
                        None => self.mourn().await,
                    },
                },
            }
        };
        self.end_process(false).await;
        for listener in self.listeners.drain(..) {
            listener.queue.push(Outgoing::Close(reason));
        }
        self.set_state("dead");
    }

    fn attach(&mut self, mut listener: Listener) {
        // A socket of the same session that has not noticed its own end yet gives way.
        let older = self.listeners.iter().position(|other| other.session == listener.session);
        if let Some(older) = older {
            self.leave(older);
        }
        if let Some((last, speaks_for)) = self.away.remove(&listener.session) {
            listener.speaks_for.extend(speaks_for);
            listener.delivered.store(last, Ordering::Relaxed);
            let (gone, missed) = self.recent.after(last);
            if gone > 0 {
                let text = format!("[{gone} messages came while this page was away and were not kept]\n");
                let note = self.output(&text);
                listener.queue.push(Outgoing::Message(note));
            }
            for delivery in missed.filter(|delivery| listener.wants(delivery)) {
                listener.queue.push(Outgoing::Message(Arc::clone(delivery)));
            }
        } else {
            listener.delivered.store(self.recent.last(), Ordering::Relaxed);
        }
        self.listeners.push(listener);
        self.count_listeners();
    }

    fn detach(&mut self, socket: u64) {
        if let Some(place) = self.listeners.iter().position(|listener| listener.socket == socket) {
            self.leave(place);
            self.count_listeners();
        }
    }

    fn leave(&mut self, place: usize) {
        let listener = self.listeners.swap_remove(place);
        if self.away.len() >= AWAY_MAX {
            // Whoever has been away for most messages is least likely to come back.
            let longest =
                self.away.iter().min_by_key(|(_, (last, _))| *last).map(|(session, _)| session.clone());
            self.away.remove(&longest.unwrap_or_default());
        }
        let last = listener.delivered.load(Ordering::Relaxed);
        self.away.insert(listener.session, (last, listener.speaks_for));
    }

    fn request(&mut self, socket: Option<u64>, message: Message) {
        if let Some(listener) = self.listeners.iter_mut().find(|listener| Some(listener.socket) == socket) {
            listener.speaks_for.insert(message.header.session.clone());
        }
        match message.header.msg_type.as_str() {
            "execute_request" => self.last_request = Some(message.header.clone()),
            "shutdown_request" => self.shutdown = Some(message.content["restart"].as_bool().unwrap_or(false)),
            _ => {}
        }
        // After an unexpected end the next cell starts anew: its page was told.
        if self.process.is_none() && message.header.msg_type == "execute_request" {
            self.start_process();
        }
        match (&self.process, serde_json::to_string(&message)) {
            (Some(process), Ok(line)) => process.send(line),
            (Some(_), Err(_)) => {}
            (None, _) => self.announce("dead"),
        }
        self.touch();
    }

    /// Passes a message of the kernel on.
    fn hear(&mut self, line: String) {
        let Ok(envelope) = serde_json::from_str::<Envelope>(&line) else {
            eprintln!("a kernel wrote a line that is not a message");
            return;
        };
        if envelope.header.msg_type == "status"
            && let Ok(message) = serde_json::from_str::<Message>(&line)
            && let Some(state) = message.content["execution_state"].as_str()
        {
            self.set_state(state);
        }
        let audience = if envelope.channel == Channel::Iopub { None } else { envelope.parent_header.session };
        self.deliver(audience, line.into());
        self.touch();
    }

    fn deliver(&mut self, audience: Option<String>, text: Utf8Bytes) {
        let delivery = self.recent.push(audience, text);
        let mut place = 0;
        while let Some(listener) = self.listeners.get(place) {
            let sent =
                !listener.wants(&delivery) || listener.queue.push(Outgoing::Message(Arc::clone(&delivery)));
            if sent {
                place += 1;
            } else {
                // What it has not read is kept for its return.
                self.leave(place);
                self.count_listeners();
            }
        }
    }

    /// Tells everyone about a state that the process itself cannot tell. Requests still open are lost.
    fn announce(&mut self, state: &str) {
        self.set_state(state);
        self.publish(None, "status", json!({ "execution_state": state }));
    }

    fn publish(&mut self, parent: Option<&Header>, msg_type: &str, content: Value) {
        let message = Message::publish(parent, "", msg_type, content);
        self.deliver(None, serde_json::to_string(&message).unwrap_or_default().into());
    }

    /// A text for one page, shown where its last cell is.
    fn output(&self, text: &str) -> Arc<Delivery> {
        let content = json!({ "name": "stderr", "text": text });
        let message = Message::publish(self.last_request.as_ref(), "", "stream", content);
        let text = serde_json::to_string(&message).unwrap_or_default().into();
        Arc::new(Delivery { number: 0, audience: None, text })
    }

    /// The process ended by itself: says so, with the end of its log.
    async fn mourn(&mut self) {
        let Some(process) = self.process.take() else { return };
        let (status, log) = process.end().await;
        let mut text = format!(
            "The kernel has ended ({status}); its variables are gone. The next cell starts a new one.\n"
        );
        for line in log {
            text.push_str(&line);
            text.push('\n');
        }
        let parent = self.last_request.clone();
        self.publish(parent.as_ref(), "stream", json!({ "name": "stderr", "text": text }));
        self.announce("dead");
    }

    async fn restart(&mut self) {
        self.announce("restarting");
        self.end_process(true).await;
        self.shutdown = None;
        self.last_request = None;
        self.start_process();
    }

    fn start_process(&mut self) {
        match Process::start(&self.command) {
            Ok(process) => {
                self.process = Some(process);
                self.set_state("starting");
            }
            Err(error) => {
                let text = format!("The kernel could not be started again: {error}\n");
                let parent = self.last_request.clone();
                self.publish(parent.as_ref(), "stream", json!({ "name": "stderr", "text": text }));
                self.announce("dead");
            }
        }
    }

    /// Asks the process to end, passing its last messages on, and kills it if it does not.
    async fn end_process(&mut self, restart: bool) {
        if let Some(process) = &self.process {
            let message =
                Message::request(Channel::Control, "shutdown_request", json!({ "restart": restart }));
            process.send(serde_json::to_string(&message).unwrap_or_default());
        }
        let deadline = tokio::time::Instant::now() + STOP_GRACE;
        while self.process.is_some() {
            match tokio::time::timeout_at(deadline, next(&mut self.process)).await {
                Ok(Some(line)) => self.hear(line),
                Ok(None) => {
                    if let Some(process) = self.process.take() {
                        process.end().await;
                    }
                }
                // Dropping it kills it.
                Err(_) => self.process = None,
            }
        }
    }

    fn set_state(&self, state: &str) {
        state.clone_into(&mut lock(&self.status).state);
    }

    fn touch(&self) {
        let mut status = lock(&self.status);
        status.last_activity = SystemTime::now();
        status.quiet_since = Instant::now();
    }

    fn count_listeners(&self) {
        let mut status = lock(&self.status);
        status.connections = self.listeners.len();
        status.was_connected |= status.connections > 0;
        status.quiet_since = Instant::now();
    }
}

impl Listener {
    fn wants(&self, delivery: &Delivery) -> bool {
        delivery.audience.as_ref().is_none_or(|session| self.speaks_for.contains(session))
    }
}

/// The next line of a process, or never if there is none.
async fn next(process: &mut Option<Process>) -> Option<String> {
    match process {
        Some(process) => process.next().await,
        None => std::future::pending().await,
    }
}
