//! A network on paper: nodes that exchange messages which may be late, lost, cut off, or sent to the dead.
//!
//! Write a protocol as a [`Process`]: what a node does when a message comes or a timer rings. Put one process
//! per node into a [`Network`], set the delays, schedule [`Fault`]s, and run. Nothing but the seed decides what
//! happens, so every run can be repeated, shown (`Trace::timeline`) and counted.
//!
//! | fault | what happens |
//! |---|---|
//! | [`Fault::Partition`] | no message passes between the groups, in either direction |
//! | [`Fault::Cut`] | no message passes from one node to another; the way back may work (asymmetric) |
//! | [`Fault::Heal`] | all links work again |
//! | [`Fault::Crash`], [`Fault::Restart`] | a node loses what it did not store, and comes back |
//!
//! Messages can overtake each other unless all delays are equal. They are not duplicated or altered.

mod fault;
mod process;
mod queue;
#[cfg(test)]
mod tests;
mod trace;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

pub use fault::Fault;
pub use process::{Outbox, Process};
pub use trace::{Fate, MessageRecord, Trace};

use crate::dist::{Constant, Distribution};
use crate::interrupt;
use crate::rng::Rng;
use queue::{Event, Queue};

/// The number of a node, from 0.
pub type NodeId = usize;

/// Nodes, links, and everything that is under way.
///
/// # Complexity
///
/// O(log m) for each event, with `m` events under way: about a million events per second.
///
/// # Examples
///
/// ```
/// use lessons::network::{Network, NodeId, Outbox, Process};
///
/// /// Answers each number with the next one.
/// struct Counter(u64);
///
/// impl Process for Counter {
///     type Message = u64;
///     fn receive(&mut self, from: NodeId, message: u64, out: &mut Outbox<u64>) {
///         self.0 = message;
///         if message < 10 {
///             out.send(from, message + 1);
///         }
///     }
/// }
///
/// let mut network = Network::new(vec![Counter(0), Counter(0)], 35);
/// network.send(0, 1, 1);
/// network.run();
/// assert_eq!((network.node(0).0, network.node(1).0), (10, 9));
/// assert_eq!(network.now(), 10.0); // Ten messages, one unit of time each.
/// ```
pub struct Network<P: Process> {
    nodes: Vec<P>,
    up: Vec<bool>,
    /// How often each node has crashed: older timers are void.
    lives: Vec<u64>,
    cut: BTreeSet<(NodeId, NodeId)>,
    /// One per ordered pair of nodes.
    delays: Vec<Arc<dyn Distribution + Send + Sync>>,
    loss: f64,
    queue: Queue<P::Message>,
    now: f64,
    delay_rng: Rng,
    loss_rng: Rng,
    trace: Trace,
}

impl<P: Process + fmt::Debug> fmt::Debug for Network<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("now", &self.now)
            .field("nodes", &self.nodes)
            .field("up", &self.up)
            .field("cut", &self.cut)
            .finish_non_exhaustive()
    }
}

impl<P: Process> Network<P> {
    /// These nodes, all linked to each other. Every message takes 1 unit of time, and none is lost.
    pub fn new(nodes: Vec<P>, seed: u64) -> Self {
        let count = nodes.len();
        let mut seeds = Rng::new(seed);
        let delay: Arc<dyn Distribution + Send + Sync> = Arc::new(Constant(1.0));
        Self {
            nodes,
            up: vec![true; count],
            lives: vec![0; count],
            cut: BTreeSet::new(),
            delays: vec![delay; count * count],
            loss: 0.0,
            queue: Queue::new(),
            now: 0.0,
            delay_rng: seeds.split(),
            loss_rng: seeds.split(),
            trace: Trace::new((0..count).map(|node| format!("node {node}")).collect()),
        }
    }

    /// How long messages take, on every link.
    pub fn set_delay(&mut self, delay: impl Distribution + Send + Sync + 'static) {
        self.delays.fill(Arc::new(delay));
    }

    /// How long messages take between these two nodes, in both directions.
    ///
    /// # Panics
    ///
    /// When there is no such node.
    pub fn set_link_delay(&mut self, a: NodeId, b: NodeId, delay: Arc<dyn Distribution + Send + Sync>) {
        let count = self.nodes.len();
        assert!(a < count && b < count, "there are only {count} nodes, from 0: no link {a} to {b}");
        self.delays[a * count + b] = Arc::clone(&delay);
        self.delays[b * count + a] = delay;
    }

    /// The probability that a message is lost, on every link.
    pub fn set_loss(&mut self, loss: f64) {
        self.loss = loss;
    }

    /// Gives the nodes other names in the trace than their numbers.
    pub fn set_names(&mut self, names: Vec<String>) {
        self.trace.set_names(names);
    }

    /// Schedules a fault, or its end.
    ///
    /// # Panics
    ///
    /// When the time is past, or a node does not exist.
    pub fn at(&mut self, time: f64, fault: Fault) {
        assert!(time >= self.now, "{fault} at {time} is in the past: it is {}", self.now);
        let count = self.nodes.len();
        let known = match &fault {
            Fault::Partition(groups) => groups.iter().flatten().all(|&node| node < count),
            Fault::Cut(from, to) => *from < count && *to < count,
            Fault::Heal => true,
            Fault::Crash(node) | Fault::Restart(node) => *node < count,
        };
        assert!(known, "{fault}: there are only {count} nodes, from 0");
        self.queue.push(time, Event::Fault(fault));
    }

    /// Sends a message now, as if a node had.
    pub fn send(&mut self, from: NodeId, to: NodeId, message: P::Message) {
        self.transmit(from, to, message);
    }

    /// Rings a timer of a node after this time, as if the node had set it.
    pub fn wake_after(&mut self, node: NodeId, delay: f64, timer: u64) {
        let life = self.lives[node];
        self.queue.push(self.now + delay, Event::Timer { node, life, timer });
    }

    /// The time: that of the last event.
    pub fn now(&self) -> f64 {
        self.now
    }

    /// A node's process.
    pub fn node(&self, node: NodeId) -> &P {
        &self.nodes[node]
    }

    /// All processes, by number.
    pub fn nodes(&self) -> &[P] {
        &self.nodes
    }

    /// What happened so far.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The processes and the trace, when the run is over.
    pub fn into_parts(self) -> (Vec<P>, Trace) {
        (self.nodes, self.trace)
    }

    /// Runs until nothing is under way. A process that always sets a new timer never ends: use
    /// [`run_until`](Network::run_until).
    pub fn run(&mut self) {
        self.run_until(f64::INFINITY);
    }

    /// Runs all events up to and including this time.
    pub fn run_until(&mut self, end: f64) {
        let mut count = 0u32;
        while let Some((time, event)) = self.queue.pop_until(end) {
            self.now = time;
            self.happen(event);
            count = count.wrapping_add(1);
            if count.is_multiple_of(1024) {
                interrupt::checkpoint();
            }
        }
        if end.is_finite() {
            self.now = self.now.max(end);
        }
    }

    fn happen(&mut self, event: Event<P::Message>) {
        match event {
            Event::Arrival { from, to, record, message } => {
                if !self.up[to] {
                    self.trace.lost(record, "the receiver is down");
                } else if self.cut.contains(&(from, to)) {
                    self.trace.lost(record, "the link was cut");
                } else {
                    self.trace.arrived(record, self.now);
                    self.act(to, |process, out| process.receive(from, message, out));
                }
            }
            Event::Timer { node, life, timer } => {
                if self.up[node] && self.lives[node] == life {
                    self.act(node, |process, out| process.wake(timer, out));
                }
            }
            Event::Fault(fault) => self.suffer(fault),
        }
    }

    fn suffer(&mut self, fault: Fault) {
        self.trace.fault(self.now, &fault);
        match fault {
            Fault::Partition(groups) => {
                for (i, group) in groups.iter().enumerate() {
                    let others = || groups.iter().enumerate().filter(|(j, _)| *j != i).flat_map(|(_, g)| g);
                    self.cut.extend(group.iter().flat_map(|&a| others().map(move |&b| (a, b))));
                }
            }
            Fault::Cut(from, to) => {
                self.cut.insert((from, to));
            }
            Fault::Heal => {
                let cut = std::mem::take(&mut self.cut);
                let ends: BTreeSet<NodeId> = cut.iter().flat_map(|&(a, b)| [a, b]).collect();
                for node in ends {
                    if self.up[node] {
                        self.act(node, |process, out| process.reconnect(out));
                    }
                }
            }
            Fault::Crash(node) => {
                if std::mem::replace(&mut self.up[node], false) {
                    self.lives[node] += 1;
                    self.nodes[node].crash();
                }
            }
            Fault::Restart(node) => {
                if !std::mem::replace(&mut self.up[node], true) {
                    self.act(node, |process, out| process.reconnect(out));
                }
            }
        }
    }

    /// Lets a process act, and does what it wants.
    fn act(&mut self, node: NodeId, action: impl FnOnce(&mut P, &mut Outbox<P::Message>)) {
        let mut out = Outbox { now: self.now, node, messages: Vec::new(), timers: Vec::new() };
        action(&mut self.nodes[node], &mut out);
        for (delay, timer) in out.timers {
            self.wake_after(node, delay, timer);
        }
        for (to, message) in out.messages {
            self.transmit(node, to, message);
        }
    }

    fn transmit(&mut self, from: NodeId, to: NodeId, message: P::Message) {
        let record = self.trace.sent(from, to, self.now, &message);
        if from == to {
            self.queue.push(self.now, Event::Arrival { from, to, record, message });
            return;
        }
        // Drawn for every message, so that a cut changes nothing for the others.
        let delay = self.delays[from * self.nodes.len() + to].sample(&mut self.delay_rng);
        if self.loss_rng.chance(self.loss) {
            self.trace.lost(record, "it was lost");
        } else if self.cut.contains(&(from, to)) {
            self.trace.lost(record, "the link was cut");
        } else {
            self.queue.push(self.now + delay, Event::Arrival { from, to, record, message });
        }
    }
}
