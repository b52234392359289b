//! A small client for AMQP 0-9-1, the protocol of RabbitMQ.
//!
//! It has what lessons on queues need: queues, exchanges and bindings, publishing with confirms, consuming
//! with a prefetch, acknowledging, rejecting. One connection carries one channel. An error that RabbitMQ
//! answers with ends the connection, because it ends the channel; make a new one. There is no TLS and no
//! reconnecting, so that a lesson sees every failure.
//!
//! # Sources
//!
//! AMQP Working Group, "Advanced Message Queuing Protocol Specification", version 0-9-1, 2008; RabbitMQ
//! documentation, "AMQP 0-9-1 Errata" (types of fields) and "Consumer Acknowledgements and Publisher Confirms".

mod connection;
mod wire;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::ground::error::Task;
use connection::Shared;
pub use connection::{Amqp, Consumer};

/// A message to publish: a body, and what is said about it. Text becomes one by itself.
///
/// It is persistent: a durable queue writes it to disk before it is confirmed.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    body: Vec<u8>,
    properties: Properties,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Properties {
    headers: Map<String, Value>,
    delivery_mode: Option<u8>,
    priority: Option<u8>,
    correlation_id: Option<String>,
    reply_to: Option<String>,
    expiration: Option<String>,
    message_id: Option<String>,
    /// The number of the message on its connection.
    app_id: Option<String>,
}

impl Message {
    /// A persistent message.
    pub fn new(body: impl Into<Vec<u8>>) -> Self {
        let properties = Properties { delivery_mode: Some(2), ..Properties::default() };
        Self { body: body.into(), properties }
    }

    /// Lets the queue keep it in memory only.
    #[must_use]
    pub fn transient(mut self) -> Self {
        self.properties.delivery_mode = Some(1);
        self
    }

    /// After this long in a queue it is dropped, or goes to the dead-letter exchange (whole milliseconds).
    #[must_use]
    pub fn expires_after(mut self, time: Duration) -> Self {
        self.properties.expiration = Some(time.as_millis().to_string());
        self
    }

    /// A name by which a consumer knows one that it has seen before.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.properties.message_id = Some(id.into());
        self
    }

    /// Where an answer goes, and what it is known by.
    #[must_use]
    pub fn reply_to(mut self, queue: impl Into<String>, correlation_id: impl Into<String>) -> Self {
        self.properties.reply_to = Some(queue.into());
        self.properties.correlation_id = Some(correlation_id.into());
        self
    }

    /// From 0 to the queue's `x-max-priority`: higher ones overtake.
    #[must_use]
    pub fn priority(mut self, priority: u8) -> Self {
        self.properties.priority = Some(priority);
        self
    }

    /// A header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.properties.headers.insert(name.into(), value.into());
        self
    }
}

impl<B: Into<Vec<u8>>> From<B> for Message {
    fn from(body: B) -> Self {
        Self::new(body)
    }
}

/// What became of a published message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// Every queue that it was routed to has it: a durable one on disk, a quorum queue on a majority.
    Stored,
    /// No queue is bound for its key; it is gone.
    Unroutable,
    /// A queue refused it: it is full, and rejects what is published (`x-overflow`).
    Refused,
}

/// A message that was delivered.
///
/// It stays unacknowledged until it is acknowledged or rejected; when the connection ends before, RabbitMQ
/// delivers it again, to whoever consumes.
pub struct Delivery {
    body: Vec<u8>,
    properties: Properties,
    tag: u64,
    redelivered: bool,
    exchange: String,
    key: String,
    shared: Arc<Shared>,
}

impl Delivery {
    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether it may have been delivered before: then its work may have been done before.
    pub fn redelivered(&self) -> bool {
        self.redelivered
    }

    /// The exchange that it was published to; empty for the default one.
    pub fn exchange(&self) -> &str {
        &self.exchange
    }

    /// The key that it was published with.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// A header, such as `x-death` (why it was dead-lettered, how often).
    pub fn header(&self, name: &str) -> Option<&Value> {
        self.properties.headers.get(name)
    }

    /// The name that its publisher gave it.
    pub fn id(&self) -> Option<&str> {
        self.properties.message_id.as_deref()
    }

    /// Where its publisher waits for an answer.
    pub fn reply_to(&self) -> Option<&str> {
        self.properties.reply_to.as_deref()
    }

    /// What an answer has to carry.
    pub fn correlation_id(&self) -> Option<&str> {
        self.properties.correlation_id.as_deref()
    }

    /// Its work is done: the queue forgets it.
    ///
    /// # Errors
    ///
    /// When the connection has ended; it will be delivered again.
    pub fn ack(&self) -> Task<'static, ()> {
        connection::settle(self.shared.clone(), connection::Settle::Ack, self.tag)
    }

    /// Gives it back to the queue, which delivers it again.
    ///
    /// # Errors
    ///
    /// When the connection has ended; it will be delivered again all the same.
    pub fn requeue(&self) -> Task<'static, ()> {
        connection::settle(self.shared.clone(), connection::Settle::Requeue, self.tag)
    }

    /// Drops it, or sends it to the queue's dead-letter exchange.
    ///
    /// # Errors
    ///
    /// When the connection has ended; it will be delivered again.
    pub fn reject(&self) -> Task<'static, ()> {
        connection::settle(self.shared.clone(), connection::Settle::Reject, self.tag)
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} with key {:?}", self.text(), self.key)?;
        if self.redelivered { f.write_str(", delivered before") } else { Ok(()) }
    }
}
