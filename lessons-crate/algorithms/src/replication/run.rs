//! What came of an experiment with a replicated register.

use std::collections::BTreeMap;
use std::fmt;

use super::client::Asked;
use super::message::{Request, Response, Version, Versioned};
use super::node::Node;
use crate::consistency::{Action, History, Operation};
use crate::display::{MimeBundle, Render};
use crate::network::{NodeId, Trace};
use crate::stats::Summary;
use crate::table::{Table, fixed, percent};

/// One operation and what became of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Who asked.
    pub client: u64,
    /// Which replica.
    pub replica: NodeId,
    /// For what.
    pub request: Request,
    /// When, in milliseconds.
    pub call: f64,
    /// When the answer or the refusal came; `None` when neither did.
    pub ret: Option<f64>,
    /// What was read or written, with its version; `None` without an answer or with a refusal.
    pub done: Option<Versioned>,
    /// Of a write that was done: the version that it replaced, as far as its coordinator knew.
    pub replaces: Version,
}

impl Outcome {
    /// Whether this is a read.
    pub fn is_read(&self) -> bool {
        self.request == Request::Read
    }

    /// How long the answer took, in milliseconds; `None` when there was none.
    pub fn latency(&self) -> Option<f64> {
        self.done.and(self.ret).map(|ret| ret - self.call)
    }
}

/// The operations, messages and final copies of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    outcomes: Vec<Outcome>,
    copies: Vec<Versioned>,
    trace: Trace,
}

impl Run {
    pub(super) fn new(clients: Vec<u64>, nodes: Vec<Node>, trace: Trace) -> Self {
        let (mut outcomes, mut copies) = (Vec::new(), Vec::new());
        let mut clients = clients.into_iter();
        for node in nodes {
            match node {
                Node::Replica(replica) => copies.push(replica.stored()),
                Node::Client(client) => {
                    let number = clients.next().unwrap_or_default();
                    outcomes.extend(client.asked.iter().map(|asked| outcome(number, asked)));
                }
            }
        }
        outcomes.sort_by(|a, b| a.call.total_cmp(&b.call));
        Self { outcomes, copies, trace }
    }

    /// The operations, in order of their calls.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// What each replica has in the end.
    pub fn copies(&self) -> &[Versioned] {
        &self.copies
    }

    /// Whether all replicas have the same in the end.
    pub fn has_converged(&self) -> bool {
        self.copies.windows(2).all(|pair| pair[0] == pair[1])
    }

    /// The messages and faults.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// What the clients saw. Reads without an answer are left out; writes without one, and refused ones, are
    /// pending: they may have happened.
    pub fn history(&self) -> History {
        let operation = |outcome: &Outcome| {
            let (action, ret) = match (outcome.request, outcome.done) {
                (Request::Read, None) => return None,
                (Request::Read, Some(found)) => (Action::Read(found.value), outcome.ret),
                (Request::Write(value), done) => (Action::Write(value), done.and(outcome.ret)),
            };
            Some(Operation { client: outcome.client, key: 0, action, call: outcome.call, ret })
        };
        self.outcomes.iter().filter_map(operation).collect()
    }

    /// The values of the writes that were done, from the oldest to the newest version.
    pub fn write_order(&self) -> Vec<u64> {
        let mut writes: Vec<Versioned> = self.done_writes().filter_map(|outcome| outcome.done).collect();
        writes.sort_by_key(|write| write.version);
        writes.into_iter().map(|write| write.value).collect()
    }

    fn done_writes(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|outcome| !outcome.is_read() && outcome.done.is_some())
    }

    /// The share of operations that got an answer that was not a refusal: the yield of Fox and Brewer. NaN
    /// without operations.
    pub fn answered_share(&self) -> f64 {
        let answered = self.outcomes.iter().filter(|outcome| outcome.done.is_some()).count();
        answered as f64 / self.outcomes.len() as f64
    }

    /// The same, of the operations that asked one of these replicas from `start` on and before `end`.
    pub fn answered_share_of(&self, replicas: &[NodeId], start: f64, end: f64) -> f64 {
        let asked = |o: &&Outcome| replicas.contains(&o.replica) && o.call >= start && o.call < end;
        let all = self.outcomes.iter().filter(asked).count();
        let answered = self.outcomes.iter().filter(asked).filter(|o| o.done.is_some()).count();
        answered as f64 / all as f64
    }

    /// How long reads took that were answered, in milliseconds.
    pub fn read_latencies(&self) -> Vec<f64> {
        self.outcomes.iter().filter(|o| o.is_read()).filter_map(Outcome::latency).collect()
    }

    /// How long writes took that were acknowledged, in milliseconds.
    pub fn write_latencies(&self) -> Vec<f64> {
        self.outcomes.iter().filter(|o| !o.is_read()).filter_map(Outcome::latency).collect()
    }

    /// How many reads returned an older version than a write that had been acknowledged before they began.
    /// O(n log n).
    pub fn stale_reads(&self) -> usize {
        let mut acknowledged: Vec<(f64, Version)> =
            self.done_writes().filter_map(|o| Some((o.ret?, o.done?.version))).collect();
        acknowledged.sort_by(|a, b| a.0.total_cmp(&b.0));
        // The newest version acknowledged up to each of these times.
        let mut newest = Version::default();
        for (_, version) in &mut acknowledged {
            newest = newest.max(*version);
            *version = newest;
        }
        let is_stale = |outcome: &&Outcome| {
            let before = acknowledged.partition_point(|(at, _)| *at < outcome.call);
            outcome.is_read()
                && before > 0
                && outcome.done.is_some_and(|found| found.version < acknowledged[before - 1].1)
        };
        self.outcomes.iter().filter(is_stale).count()
    }

    /// How many acknowledged writes were replaced by a write whose coordinator had never seen them, although the
    /// two were not under way at the same time: had the second been computed from the first, as a counter or a
    /// shopping cart is, an update would be lost. Zero with [`Settings::abd`](super::Settings::abd) and with a
    /// leader; settings whose writes do not ask first lose some even when their history is linearizable.
    /// O(n log n).
    pub fn lost_writes(&self) -> usize {
        let mut writes: BTreeMap<Version, &Outcome> = BTreeMap::new();
        for write in self.done_writes() {
            writes.insert(write.done.map(|done| done.version).unwrap_or_default(), write);
        }
        // From the newest back: each write replaced the one that its coordinator knew. The others in between
        // were replaced without having been known.
        let (mut lost, mut known) = (0, None);
        let mut by: Option<&Outcome> = None;
        for (&version, &write) in writes.iter().rev() {
            if known.is_none_or(|known| version <= known) {
                (known, by) = (Some(write.replaces), Some(write));
            } else if by.is_some_and(|by| write.ret < Some(by.call) || by.ret < Some(write.call)) {
                lost += 1;
            }
        }
        lost
    }

    /// Read and write latencies in milliseconds, what was answered, what was stale and what was lost.
    pub fn table(&self) -> Table {
        let reads = Summary::of(&self.read_latencies());
        let writes = Summary::of(&self.write_latencies());
        let mut table = Table::new(["", "count", "p50 ms", "p99 ms"]);
        for (name, summary) in [("reads", reads), ("writes", writes)] {
            let cells =
                [name.to_owned(), summary.count.to_string(), fixed(summary.p50, 1), fixed(summary.p99, 1)];
            table.push(cells);
        }
        table.caption(format!(
            "{} answered, {} stale reads, {} lost writes, {} messages",
            percent(self.answered_share(), 1),
            self.stale_reads(),
            self.lost_writes(),
            self.trace.sent_count()
        ))
    }

    /// A space-time diagram: the operations of each client as bars, the messages between replicas as arrows.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn timeline(&self, title: impl Into<String>) -> crate::plot::Timeline {
        let replicas = self.copies.len();
        let mut timeline = crate::plot::timeline(title).lanes(self.trace.names().iter().cloned()).unit("ms");
        let clients: Vec<u64> = {
            let mut clients: Vec<u64> = self.outcomes.iter().map(|outcome| outcome.client).collect();
            clients.sort_unstable();
            clients.dedup();
            clients
        };
        for outcome in &self.outcomes {
            let lane = replicas + clients.partition_point(|&client| client < outcome.client);
            let label = match (outcome.request, outcome.done, outcome.ret) {
                (Request::Read, Some(found), _) => format!("read {}", found.value),
                (Request::Read, None, Some(_)) => "read refused".into(),
                (Request::Read, None, None) => "read: no answer".into(),
                (Request::Write(value), Some(_), _) => format!("write {value}"),
                (Request::Write(value), None, Some(_)) => format!("write {value} refused"),
                (Request::Write(value), None, None) => format!("write {value}: no answer"),
            };
            let end = outcome.ret.unwrap_or(f64::INFINITY);
            timeline = timeline.bar(lane, outcome.call..end, format!("{label} at {}", outcome.replica));
        }
        // A client's own messages are its bars.
        self.trace.draw_on(timeline, 0, &|message| message.from < replicas && message.to < replicas)
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table().fmt(f)
    }
}

impl Render for Run {
    fn render(&self) -> MimeBundle {
        self.table().render()
    }
}

crate::rich_display!(Run);

fn outcome(client: u64, asked: &Asked) -> Outcome {
    let (ret, done, replaces) = match asked.answer {
        Some((ret, Response::Done(done, replaces))) => (Some(ret), Some(done), replaces),
        Some((ret, Response::Refused)) => (Some(ret), None, Version::default()),
        None => (None, None, Version::default()),
    };
    let planned = asked.planned;
    Outcome {
        client,
        replica: planned.replica,
        request: planned.request,
        call: asked.call,
        ret,
        done,
        replaces,
    }
}
