//! Several leaders: each takes writes, ships them to the others, and merges what comes.

mod conflicts;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use crate::crdt::Crdt;
use crate::dist::{Constant, Distribution};
use crate::network::{Fault, Network, NodeId, Outbox, Process, Trace};

pub use conflicts::{Conflicts, conflicts};

/// To whom a leader ships what is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topology {
    /// To all others.
    Mesh,
    /// To the next one, which passes it on: one node that is down stops everything behind it.
    Ring,
    /// Node 0 passes everything on.
    Star,
}

impl Topology {
    fn neighbors(self, node: NodeId, count: usize) -> Vec<NodeId> {
        let others = (0..count).filter(|other| *other != node);
        match self {
            Self::Mesh => others.collect(),
            Self::Ring => others.filter(|other| *other == (node + 1) % count).collect(),
            Self::Star => others.filter(|other| node == 0 || *other == 0).collect(),
        }
    }
}

/// A change of one leader's copy, at a time of its clock in milliseconds.
type Change<C> = Arc<dyn Fn(&mut C, NodeId, f64) + Send + Sync>;

/// Leaders that each have a copy, and what clients do to the copies. Times are in milliseconds.
///
/// What a conflict is, and what becomes of it, is a matter of the copy's type: see [`crate::crdt`]. The network
/// and the leaders are the same for all.
///
/// # Examples
///
/// Two people change one cart while their data centers cannot talk:
///
/// ```
/// use lessons::crdt::OrSet;
/// use lessons::network::Fault;
/// use lessons::replication::MultiLeader;
///
/// let run = MultiLeader::new(2, OrSet::new())
///     .fault(0.0, Fault::partition([&[0], &[1]]))
///     .at(10.0, 0, |cart, node, _| cart.add("milk", node))
///     .at(20.0, 1, |cart, node, _| cart.add("bread", node))
///     .fault(50.0, Fault::Heal)
///     .run();
/// assert!(run.has_converged());
/// assert_eq!(run.copies()[0].to_string(), "{bread, milk}");
/// ```
///
/// # Sources
///
/// D. B. Terry et al., "Managing Update Conflicts in Bayou, a Weakly Connected Replicated Storage System", SOSP
/// 1995, doi:10.1145/224056.224070. J. Gray et al., "The Dangers of Replication and a Solution", SIGMOD 1996.
#[derive(Clone)]
pub struct MultiLeader<C> {
    leaders: usize,
    start: C,
    delay: Arc<dyn Distribution + Send + Sync>,
    topology: Topology,
    clock_skew: Vec<f64>,
    faults: Vec<(f64, Fault)>,
    changes: Vec<(f64, NodeId, Change<C>)>,
    seed: u64,
}

impl<C: Crdt + fmt::Debug> fmt::Debug for MultiLeader<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MultiLeader")
            .field("leaders", &self.leaders)
            .field("start", &self.start)
            .field("topology", &self.topology)
            .field("faults", &self.faults)
            .field("changes", &self.changes.len())
            .finish_non_exhaustive()
    }
}

impl<C: Crdt + fmt::Display> MultiLeader<C> {
    /// So many leaders, which all start with this copy. Messages take 20 ms, and everybody ships to everybody.
    ///
    /// # Panics
    ///
    /// With fewer than 2 leaders.
    pub fn new(leaders: usize, start: C) -> Self {
        assert!(leaders >= 2, "several leaders are at least 2");
        Self {
            leaders,
            start,
            delay: Arc::new(Constant(20.0)),
            topology: Topology::Mesh,
            clock_skew: Vec::new(),
            faults: Vec::new(),
            changes: Vec::new(),
            seed: 35,
        }
    }

    /// How long a message takes.
    #[must_use]
    pub fn delay(mut self, delay: impl Distribution + Send + Sync + 'static) -> Self {
        self.delay = Arc::new(delay);
        self
    }

    /// To whom a leader ships what is new.
    #[must_use]
    pub fn topology(mut self, topology: Topology) -> Self {
        self.topology = topology;
        self
    }

    /// How far ahead each leader's clock is, in milliseconds; missing ones are right.
    #[must_use]
    pub fn clock_skew(mut self, milliseconds: &[f64]) -> Self {
        self.clock_skew = milliseconds.to_vec();
        self
    }

    /// Something goes wrong, or right again, at this time.
    #[must_use]
    pub fn fault(mut self, at: f64, fault: Fault) -> Self {
        self.faults.push((at, fault));
        self
    }

    /// A client changes the copy of this leader at this time; the change is given the copy, the leader's number
    /// and its clock.
    ///
    /// # Panics
    ///
    /// When there is no such leader.
    #[must_use]
    pub fn at(
        mut self,
        time: f64,
        leader: NodeId,
        change: impl Fn(&mut C, NodeId, f64) + Send + Sync + 'static,
    ) -> Self {
        assert!(leader < self.leaders, "there are only {} leaders, from 0: no leader {leader}", self.leaders);
        self.changes.push((time, leader, Arc::new(change)));
        self
    }

    /// Another seed gives other delays.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Runs until nothing is under way.
    ///
    /// # Panics
    ///
    /// When a fault names a leader that does not exist.
    pub fn run(&self) -> MultiLeaderRun<C> {
        let nodes = (0..self.leaders).map(|node| Leader {
            copy: self.start.clone(),
            neighbors: self.topology.neighbors(node, self.leaders),
            skew: self.clock_skew.get(node).copied().unwrap_or(0.0),
            changes: self.changes.iter().map(|(_, _, change)| Arc::clone(change)).collect(),
        });
        let mut network = Network::new(nodes.collect(), self.seed);
        for a in 0..self.leaders {
            for b in 0..a {
                network.set_link_delay(a, b, Arc::clone(&self.delay));
            }
        }
        network.set_names((0..self.leaders).map(|node| format!("leader {node}")).collect());
        for (at, fault) in &self.faults {
            network.at(*at, fault.clone());
        }
        for (number, (time, leader, _)) in self.changes.iter().enumerate() {
            network.wake_after(*leader, *time, number as u64);
        }
        network.run();
        let (nodes, trace) = network.into_parts();
        MultiLeaderRun { copies: nodes.into_iter().map(|leader| leader.copy).collect(), trace }
    }
}

/// What came of a run: the copies, and the messages.
#[derive(Clone, Debug, PartialEq)]
pub struct MultiLeaderRun<C> {
    copies: Vec<C>,
    trace: Trace,
}

impl<C: PartialEq> MultiLeaderRun<C> {
    /// The copy of each leader in the end.
    pub fn copies(&self) -> &[C] {
        &self.copies
    }

    /// Whether all copies are the same in the end.
    pub fn has_converged(&self) -> bool {
        self.copies.windows(2).all(|pair| pair[0] == pair[1])
    }

    /// The messages and faults.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// A space-time diagram; each arrow carries the whole copy.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn timeline(&self, title: impl Into<String>) -> crate::plot::Timeline {
        self.trace.timeline(title)
    }
}

/// A whole copy, on its way.
#[derive(Clone)]
struct State<C>(C);

impl<C: fmt::Display> fmt::Display for State<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

struct Leader<C> {
    copy: C,
    neighbors: Vec<NodeId>,
    skew: f64,
    /// Of all leaders; the timer says which.
    changes: Vec<Change<C>>,
}

impl<C: Crdt + fmt::Display> Leader<C> {
    fn ship(&self, out: &mut Outbox<State<C>>) {
        self.neighbors.iter().for_each(|&other| out.send(other, State(self.copy.clone())));
    }
}

impl<C: Crdt + fmt::Display> Process for Leader<C> {
    type Message = State<C>;

    fn receive(&mut self, _from: NodeId, State(other): State<C>, out: &mut Outbox<State<C>>) {
        let before = self.copy.clone();
        self.copy.merge(&other);
        // Passed on only when it was news: so it ends, also in a ring.
        if self.copy != before {
            self.ship(out);
        }
    }

    fn wake(&mut self, number: u64, out: &mut Outbox<State<C>>) {
        let change = Arc::clone(&self.changes[number as usize]);
        change(&mut self.copy, out.node(), (out.now() + self.skew).max(0.0));
        self.ship(out);
    }

    fn reconnect(&mut self, out: &mut Outbox<State<C>>) {
        self.ship(out);
    }
}
