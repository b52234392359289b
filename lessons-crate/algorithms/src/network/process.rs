//! What a node does: the protocol under test.

use std::fmt;

use super::NodeId;

/// A protocol, as one node runs it. It acts only through its [`Outbox`].
pub trait Process {
    /// What nodes say to each other; its `Display` form labels the arrows of a trace.
    type Message: Clone + fmt::Display;

    /// A message came.
    fn receive(&mut self, from: NodeId, message: Self::Message, out: &mut Outbox<Self::Message>);

    /// A timer rang that the process had set with [`Outbox::wake_after`].
    fn wake(&mut self, timer: u64, out: &mut Outbox<Self::Message>) {
        let _ = (timer, out);
    }

    /// The node lost power: forget what is not on disk. Its timers are gone already.
    fn crash(&mut self) {}

    /// The node runs again, or a cut link works again: a chance to catch up. Stands for what real systems
    /// notice when a connection is made anew.
    fn reconnect(&mut self, out: &mut Outbox<Self::Message>) {
        let _ = out;
    }
}

/// What a process wants to happen.
#[derive(Debug)]
pub struct Outbox<M> {
    pub(super) now: f64,
    pub(super) node: NodeId,
    pub(super) messages: Vec<(NodeId, M)>,
    pub(super) timers: Vec<(f64, u64)>,
}

impl<M> Outbox<M> {
    /// The time.
    pub fn now(&self) -> f64 {
        self.now
    }

    /// The node that acts.
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// Sends a message. To itself it arrives at once and surely.
    pub fn send(&mut self, to: NodeId, message: M) {
        self.messages.push((to, message));
    }

    /// Rings after this time, with this number. A crash stops it.
    pub fn wake_after(&mut self, delay: f64, timer: u64) {
        self.timers.push((delay, timer));
    }
}
