//! One replica: it keeps a copy, answers others about it, and coordinates the operations of its clients.

use std::collections::BTreeMap;

use super::message::{Message, Request, Response, Version, Versioned};
use super::settings::{Protocol, Settings, Versions};
use crate::network::{NodeId, Outbox};

type Out = Outbox<Message>;

/// A copy of the register, and the operations under way here.
#[derive(Debug)]
pub(super) struct Replica {
    settings: Settings,
    me: NodeId,
    /// On disk: survives a crash.
    stored: Versioned,
    /// On disk too, or a version could be given out twice.
    last_counter: u64,
    /// In memory: lost in a crash.
    tasks: BTreeMap<u64, Task>,
}

/// An operation that this replica coordinates.
#[derive(Debug)]
struct Task {
    /// Who gets the answer: a client, or the replica that passed the request on to its leader.
    asker: NodeId,
    request: Request,
    phase: Phase,
    /// The newest value found, or the one being stored.
    best: Versioned,
    /// What it replaces, of a write.
    replaces: Version,
    /// Who has answered in this phase.
    heard: Vec<(NodeId, Version)>,
    answered: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Query,
    Store,
    AtLeader,
}

/// The two timers of an operation.
fn patience_timer(task: u64) -> u64 {
    2 * task
}
fn resend_timer(task: u64) -> u64 {
    2 * task + 1
}

impl Replica {
    pub(super) fn new(settings: Settings, me: NodeId) -> Self {
        Self { settings, me, stored: Versioned::default(), last_counter: 0, tasks: BTreeMap::new() }
    }

    pub(super) fn stored(&self) -> Versioned {
        self.stored
    }

    pub(super) fn receive(&mut self, from: NodeId, message: Message, out: &mut Out) {
        match message {
            Message::Ask(id, request) => self.begin(id, request, from, out),
            Message::Answer(id, response) => self.pass_on(id, response, out),
            Message::Query(id) => out.send(from, Message::Found(id, self.stored)),
            Message::Store(id, new) => {
                self.stored = self.stored.merge(new);
                out.send(from, Message::Stored(id));
            }
            Message::Found(id, found) => self.found(id, from, found, out),
            Message::Stored(id) => self.was_stored(id, from, out),
        }
    }

    pub(super) fn wake(&mut self, timer: u64, out: &mut Out) {
        let id = timer / 2;
        if timer == resend_timer(id) {
            if self.tasks.get(&id).is_some_and(|task| !task.answered) {
                self.ask_the_silent(id, out);
                out.wake_after(self.settings.resend, timer);
            }
        } else if let Some(task) = self.tasks.remove(&id) {
            if task.answered {
                self.repair(id, &task, out);
            } else if self.settings.answers {
                self.answer_alone(id, &task, out);
            } else {
                out.send(task.asker, Message::Answer(id, Response::Refused));
            }
        }
    }

    pub(super) fn crash(&mut self) {
        self.tasks.clear();
    }

    /// Asks again for what is under way, and tells everyone what it has.
    pub(super) fn reconnect(&mut self, out: &mut Out) {
        let waiting: Vec<u64> =
            self.tasks.iter().filter(|(_, task)| !task.answered).map(|(id, _)| *id).collect();
        waiting.into_iter().for_each(|id| self.ask_the_silent(id, out));
        if self.stored.version > Version::default() {
            self.others().for_each(|other| out.send(other, Message::Store(u64::MAX / 2, self.stored)));
        }
    }

    fn others(&self) -> impl Iterator<Item = NodeId> + use<> {
        let me = self.me;
        (0..self.settings.replicas).filter(move |&node| node != me)
    }

    fn begin(&mut self, id: u64, request: Request, asker: NodeId, out: &mut Out) {
        if self.tasks.contains_key(&id) {
            return; // The request came twice.
        }
        let phase = match (self.settings.protocol, request) {
            (Protocol::Leader { local_reads: true, .. }, Request::Read) => {
                return out.send(asker, Message::Answer(id, Response::Done(self.stored, Version::default())));
            }
            (Protocol::Leader { leader, .. }, _) if leader != self.me => Phase::AtLeader,
            (Protocol::Leader { .. }, Request::Read) => {
                return out.send(asker, Message::Answer(id, Response::Done(self.stored, Version::default())));
            }
            (Protocol::Leader { .. }, Request::Write(_)) => Phase::Store,
            (Protocol::Quorum { versions: Versions::Clock, .. }, Request::Write(_)) => Phase::Store,
            (Protocol::Quorum { .. }, _) => Phase::Query,
        };
        let (best, replaces) = (self.stored, self.stored.version);
        let heard = vec![(self.me, self.stored.version)];
        self.tasks.insert(id, Task { asker, request, phase, best, replaces, heard, answered: false });
        // The leader's own patience comes first.
        let times = if phase == Phase::AtLeader { 1.5 } else { 1.0 };
        out.wake_after(times * self.settings.patience, patience_timer(id));
        if self.settings.resend.is_finite() {
            out.wake_after(self.settings.resend, resend_timer(id));
        }
        match (phase, request) {
            (Phase::Store, Request::Write(value)) => self.store(id, value, out),
            _ => {
                let alone =
                    matches!(self.settings.protocol, Protocol::Quorum { read: 1, read_repair: false, .. });
                if !alone {
                    self.ask_the_silent(id, out);
                }
                self.go_on(id, out);
            }
        }
    }

    /// Sends the message of the current phase to everyone who has not answered it.
    fn ask_the_silent(&self, id: u64, out: &mut Out) {
        let Some(task) = self.tasks.get(&id) else { return };
        let message = match (task.phase, self.settings.protocol) {
            (Phase::AtLeader, Protocol::Leader { leader, .. }) => {
                return out.send(leader, Message::Ask(id, task.request));
            }
            (Phase::AtLeader | Phase::Query, _) => Message::Query(id),
            (Phase::Store, _) => Message::Store(id, task.best),
        };
        let silent = self.others().filter(|node| task.heard.iter().all(|(heard, _)| heard != node));
        silent.for_each(|node| out.send(node, message));
    }

    fn found(&mut self, id: u64, from: NodeId, found: Versioned, out: &mut Out) {
        let replicas = self.settings.replicas;
        let Some(task) = self.tasks.get_mut(&id) else { return };
        if task.phase != Phase::Query || task.heard.iter().any(|(heard, _)| *heard == from) {
            return;
        }
        task.heard.push((from, found.version));
        task.best = task.best.merge(found);
        if !task.answered {
            self.go_on(id, out);
        } else if task.heard.len() == replicas
            && let Some(task) = self.tasks.remove(&id)
        {
            self.repair(id, &task, out);
        }
    }

    fn was_stored(&mut self, id: u64, from: NodeId, out: &mut Out) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        if task.phase == Phase::Store && task.heard.iter().all(|(heard, _)| *heard != from) {
            task.heard.push((from, task.best.version));
            self.go_on(id, out);
        }
    }

    /// The leader's answer to a request that was passed on to it.
    fn pass_on(&mut self, id: u64, response: Response, out: &mut Out) {
        if let Some(task) = self.tasks.remove(&id) {
            out.send(task.asker, Message::Answer(id, response));
        }
    }

    /// Enters the next phase, or answers, when enough replicas have been heard.
    fn go_on(&mut self, id: u64, out: &mut Out) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let (read, write, write_back, read_repair) = match self.settings.protocol {
            Protocol::Leader { acks, .. } => (1, acks, false, false),
            Protocol::Quorum { read, write, write_back, read_repair, .. } => {
                (read, write, write_back, read_repair)
            }
        };
        match (task.phase, task.request) {
            (Phase::Query, _) if task.heard.len() < read => {}
            (Phase::Query, Request::Write(value)) => {
                task.replaces = task.best.version;
                self.store(id, value, out);
            }
            (Phase::Query, Request::Read) if write_back => self.store_best(id, out),
            (Phase::Query, Request::Read) => {
                task.answered = true;
                let (asker, best) = (task.asker, task.best);
                self.stored = self.stored.merge(best);
                if !read_repair {
                    self.tasks.remove(&id);
                }
                out.send(asker, Message::Answer(id, Response::Done(best, Version::default())));
            }
            (Phase::Store, _) if task.heard.len() >= write => {
                let response = Response::Done(task.best, task.replaces);
                out.send(task.asker, Message::Answer(id, response));
                self.tasks.remove(&id);
            }
            (Phase::Store | Phase::AtLeader, _) => {}
        }
    }

    /// Gives a written value its version, and stores it everywhere.
    fn store(&mut self, id: u64, value: u64, out: &mut Out) {
        let version = self.new_version(id, out.now());
        let Some(task) = self.tasks.get_mut(&id) else { return };
        task.best = Versioned { value, version };
        self.store_best(id, out);
    }

    fn new_version(&mut self, id: u64, now: f64) -> Version {
        let skew = self.settings.clock_skew.get(self.me).copied().unwrap_or(0.0);
        let known = self.tasks.get(&id).map_or(0, |task| task.best.version.counter);
        let floor = match self.settings.protocol {
            // A clock's reading is all that is asked for: it may be behind what others wrote.
            Protocol::Quorum { versions: Versions::Clock, .. } => ((now + skew).max(0.0) * 1_000.0) as u64,
            _ => known + 1,
        };
        self.last_counter = floor.max(self.last_counter + 1);
        Version { counter: self.last_counter, node: self.me }
    }

    fn store_best(&mut self, id: u64, out: &mut Out) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        task.phase = Phase::Store;
        task.heard = vec![(self.me, task.best.version)];
        self.stored = self.stored.merge(task.best);
        self.ask_the_silent(id, out);
        self.go_on(id, out);
    }

    /// Answers with what this replica has, because it heard too few others in time.
    fn answer_alone(&mut self, id: u64, task: &Task, out: &mut Out) {
        let mut done = task.best;
        if let (Request::Write(value), Phase::Query | Phase::AtLeader) = (task.request, task.phase) {
            let counter =
                self.stored.version.counter.max(task.best.version.counter).max(self.last_counter) + 1;
            self.last_counter = counter;
            done = Versioned { value, version: Version { counter, node: self.me } };
            self.others().for_each(|other| out.send(other, Message::Store(id, done)));
        } else if task.request == Request::Read {
            done = self.stored.merge(task.best);
        }
        self.stored = self.stored.merge(done);
        out.send(task.asker, Message::Answer(id, Response::Done(done, task.replaces)));
    }

    /// Sends what a read found to those who had less.
    fn repair(&self, id: u64, task: &Task, out: &mut Out) {
        let behind =
            task.heard.iter().filter(|(node, version)| *node != self.me && *version < task.best.version);
        behind.for_each(|(node, _)| out.send(*node, Message::Store(id, task.best)));
    }
}
