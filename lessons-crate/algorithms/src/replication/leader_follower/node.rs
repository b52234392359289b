//! A node with a log: it leads or follows.

use std::collections::BTreeMap;
use std::fmt;

use crate::network::{NodeId, Outbox, Process};

/// Timers from here on bring a write; the rest is its number.
pub(super) const WRITE: u64 = 1_000;
/// The timer that makes a follower the leader.
pub(super) const PROMOTE: u64 = 1;

#[derive(Clone, Debug)]
pub(super) enum Message {
    /// The entries of the log from this place on.
    Append { epoch: u64, from: usize, entries: Vec<u64> },
    /// So long is my log.
    Have { epoch: u64, length: usize },
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Append { entries, .. } => {
                let ids: Vec<String> = entries.iter().map(ToString::to_string).collect();
                write!(f, "log {}", ids.join(" "))
            }
            Self::Have { length, .. } => write!(f, "have {length}"),
        }
    }
}

#[derive(Debug)]
pub(super) struct LogNode {
    leads: bool,
    acks: usize,
    /// Every promotion begins a new one; what comes from an older one is not listened to.
    epoch: u64,
    /// The numbers of the writes.
    log: Vec<u64>,
    /// When each write got here.
    arrived: BTreeMap<u64, f64>,
    /// Parts that came before those that go in front of them.
    early: BTreeMap<usize, Vec<u64>>,
    /// As a leader: how long the log of each node is, as far as it has said.
    lengths: Vec<usize>,
    /// As a leader: when each write was acknowledged, and up to which place all are.
    acknowledged: BTreeMap<u64, f64>,
    done: usize,
}

impl LogNode {
    pub(super) fn new(nodes: usize, acks: usize, leads: bool) -> Self {
        Self {
            leads,
            acks,
            epoch: 0,
            log: Vec::new(),
            arrived: BTreeMap::new(),
            early: BTreeMap::new(),
            lengths: vec![0; nodes],
            acknowledged: BTreeMap::new(),
            done: 0,
        }
    }

    pub(super) fn log(&self) -> &[u64] {
        &self.log
    }

    pub(super) fn arrived(&self, write: u64) -> Option<f64> {
        self.arrived.get(&write).copied()
    }

    pub(super) fn acknowledged(&self, write: u64) -> Option<f64> {
        self.acknowledged.get(&write).copied()
    }

    fn others(&self, me: NodeId) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.lengths.len()).filter(move |node| *node != me)
    }

    /// Acknowledges every write that enough followers have.
    fn acknowledge(&mut self, now: f64, me: NodeId) {
        let mut lengths: Vec<usize> = self.others(me).map(|node| self.lengths[node]).collect();
        lengths.sort_unstable_by(|a, b| b.cmp(a));
        let safe = if self.acks == 0 { self.log.len() } else { lengths[self.acks - 1].min(self.log.len()) };
        for write in &self.log[self.done.min(safe)..safe] {
            self.acknowledged.insert(*write, now);
        }
        self.done = self.done.max(safe);
    }

    fn store(&mut self, entries: &[u64], now: f64) {
        for &write in entries {
            self.log.push(write);
            self.arrived.insert(write, now);
        }
    }
}

impl Process for LogNode {
    type Message = Message;

    fn receive(&mut self, from: NodeId, message: Message, out: &mut Outbox<Message>) {
        match message {
            Message::Append { epoch, from: place, entries } if epoch >= self.epoch => {
                if epoch > self.epoch {
                    self.epoch = epoch;
                    self.early.clear();
                }
                self.early.insert(place, entries);
                // A new leader's first message is its whole log, of which this one is a beginning: it was the
                // longest, and all were shipped by the same leader before.
                if let Some(whole) = self.early.remove(&0) {
                    let known = self.log.len().min(whole.len());
                    self.store(&whole[known..], out.now());
                }
                while let Some(entries) = self.early.remove(&self.log.len()) {
                    self.store(&entries, out.now());
                }
                out.send(from, Message::Have { epoch: self.epoch, length: self.log.len() });
            }
            Message::Have { epoch, length } if epoch == self.epoch && self.leads => {
                self.lengths[from] = self.lengths[from].max(length);
                self.acknowledge(out.now(), out.node());
            }
            Message::Append { .. } | Message::Have { .. } => {}
        }
    }

    fn wake(&mut self, timer: u64, out: &mut Outbox<Message>) {
        if timer == PROMOTE {
            self.leads = true;
            self.epoch += 1;
            // What is here counts: nobody is told again.
            self.done = self.log.len();
            let whole = Message::Append { epoch: self.epoch, from: 0, entries: self.log.clone() };
            self.others(out.node()).for_each(|other| out.send(other, whole.clone()));
        } else if self.leads {
            let write = timer - WRITE;
            let place = self.log.len();
            self.store(&[write], out.now());
            let append = Message::Append { epoch: self.epoch, from: place, entries: vec![write] };
            self.others(out.node()).for_each(|other| out.send(other, append.clone()));
            self.acknowledge(out.now(), out.node());
        }
    }
}
