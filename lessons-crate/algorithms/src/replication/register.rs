//! An experiment: settings, delays, faults and operations of a replicated register.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use super::client::{Client, Planned};
use super::message::Request;
use super::node::Node;
use super::replica::Replica;
use super::run::Run;
use super::settings::Settings;
use crate::dist::{Constant, Distribution};
use crate::network::{Fault, Network, NodeId};
use crate::rng::Rng;

/// A register on several replicas, and what will happen to it. Times are in milliseconds.
///
/// # Examples
///
/// A read and a write while replica 2 is cut off from the others:
///
/// ```
/// use lessons::network::Fault;
/// use lessons::replication::{ReplicatedRegister, Settings};
///
/// let run = ReplicatedRegister::new(Settings::abd(3).patience(100.0))
///     .fault(0.0, Fault::partition([&[0, 1], &[2]]))
///     .write(0, 0, 7, 10.0) // Client 0 asks replica 0 to write 7, at 10 ms.
///     .read(1, 2, 50.0) // Client 1 asks replica 2.
///     .run();
/// assert_eq!(run.answered_share(), 0.5); // The minority refuses.
/// assert!(run.history().is_linearizable());
/// ```
#[derive(Clone)]
pub struct ReplicatedRegister {
    settings: Settings,
    delay: Arc<dyn Distribution + Send + Sync>,
    links: Vec<(NodeId, NodeId, Arc<dyn Distribution + Send + Sync>)>,
    client_delay: f64,
    loss: f64,
    faults: Vec<(f64, Fault)>,
    /// Of each client, in the order in which it asks.
    plans: BTreeMap<u64, VecDeque<Planned>>,
    planned: u64,
    /// The next value that a generated write sets.
    next_value: u64,
    seed: u64,
}

impl fmt::Debug for ReplicatedRegister {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplicatedRegister")
            .field("settings", &self.settings)
            .field("mean_delay", &self.delay.mean())
            .field("faults", &self.faults)
            .field("operations", &self.planned)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

impl ReplicatedRegister {
    /// A register with these settings. Messages between replicas take 5 ms, between a client and its replica
    /// no time; nothing is lost and nothing fails.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            delay: Arc::new(Constant(5.0)),
            links: Vec::new(),
            client_delay: 0.0,
            loss: 0.0,
            faults: Vec::new(),
            plans: BTreeMap::new(),
            planned: 0,
            next_value: 1,
            seed: 35,
        }
    }

    /// How long a message from replica to replica takes.
    #[must_use]
    pub fn delay(mut self, delay: impl Distribution + Send + Sync + 'static) -> Self {
        self.delay = Arc::new(delay);
        self
    }

    /// How long messages take between these two replicas, in both directions: for regions.
    #[must_use]
    pub fn link_delay(
        mut self,
        a: NodeId,
        b: NodeId,
        delay: impl Distribution + Send + Sync + 'static,
    ) -> Self {
        self.links.push((a, b, Arc::new(delay)));
        self
    }

    /// How long a message between a client and the replica it asks takes.
    #[must_use]
    pub fn client_delay(mut self, milliseconds: f64) -> Self {
        self.client_delay = milliseconds;
        self
    }

    /// The probability that a message between replicas or from or to a client is lost.
    #[must_use]
    pub fn loss(mut self, probability: f64) -> Self {
        self.loss = probability;
        self
    }

    /// Something goes wrong, or right again, at this time.
    #[must_use]
    pub fn fault(mut self, at: f64, fault: Fault) -> Self {
        self.faults.push((at, fault));
        self
    }

    /// A client asks a replica to write this value at this time, or once its operation before is over. Give
    /// every write its own value, or the history says less.
    #[must_use]
    pub fn write(self, client: u64, replica: NodeId, value: u64, at: f64) -> Self {
        let mut register = self.plan(client, replica, Request::Write(value), at, 0.0);
        register.next_value = register.next_value.max(value + 1);
        register
    }

    /// A client asks a replica for the value at this time, or once its operation before is over.
    #[must_use]
    pub fn read(self, client: u64, replica: NodeId, at: f64) -> Self {
        self.plan(client, replica, Request::Read, at, 0.0)
    }

    /// So many clients, spread over the replicas, ask one operation after the other with exponential pauses of
    /// this mean. Written values are 1, 2, 3 and so on.
    #[must_use]
    pub fn clients(self, clients: u64, operations_each: u64, read_share: f64, mean_pause: f64) -> Self {
        let replicas = self.settings.replicas;
        self.clients_at(clients, operations_each, read_share, mean_pause, &|client, _| {
            client as usize % replicas
        })
    }

    /// As [`clients`](Self::clients), but every operation goes to a random replica, as behind a load balancer.
    #[must_use]
    pub fn wandering_clients(
        self,
        clients: u64,
        operations_each: u64,
        read_share: f64,
        mean_pause: f64,
    ) -> Self {
        let replicas = self.settings.replicas;
        self.clients_at(clients, operations_each, read_share, mean_pause, &|_, rng| rng.index(replicas))
    }

    fn clients_at(
        mut self,
        clients: u64,
        operations_each: u64,
        read_share: f64,
        mean_pause: f64,
        replica_of: &dyn Fn(u64, &mut Rng) -> NodeId,
    ) -> Self {
        // Not the stream of the network: the same operations with any settings.
        let mut rng = Rng::new(self.seed ^ 0xC11E);
        for client in 0..clients {
            for _ in 0..operations_each {
                let request = if rng.chance(read_share) {
                    Request::Read
                } else {
                    self.next_value += 1;
                    Request::Write(self.next_value - 1)
                };
                let replica = replica_of(client, &mut rng);
                let pause = rng.exponential(mean_pause);
                self = self.plan(client, replica, request, 0.0, pause);
            }
        }
        self
    }

    fn plan(mut self, client: u64, replica: NodeId, request: Request, at: f64, think: f64) -> Self {
        let count = self.settings.replicas;
        assert!(replica < count, "there are only {count} replicas, from 0: no replica {replica}");
        let id = self.planned;
        self.planned += 1;
        self.plans.entry(client).or_default().push_back(Planned { id, replica, request, at, think });
        self
    }

    /// Another seed gives other delays and losses. Set it before [`clients`](Self::clients).
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Runs until all operations are over and no message is under way. A few microseconds per operation.
    ///
    /// # Panics
    ///
    /// When a fault names a replica that does not exist.
    pub fn run(&self) -> Run {
        let replicas = self.settings.replicas;
        let mut nodes: Vec<Node> =
            (0..replicas).map(|me| Node::Replica(Replica::new(self.settings.clone(), me))).collect();
        // Longer than any replica makes it wait.
        let patience = 2.0 * self.settings.patience + 4.0 * self.client_delay;
        nodes.extend(self.plans.values().map(|plan| Node::Client(Client::new(plan.clone(), patience))));
        let starts: Vec<Option<(f64, u64)>> = nodes
            .iter()
            .map(|node| if let Node::Client(client) = node { client.first() } else { None })
            .collect();
        let mut network = Network::new(nodes, self.seed);
        network.set_loss(self.loss);
        self.link(&mut network);
        let names = (0..replicas).map(|node| format!("replica {node}"));
        network.set_names(names.chain(self.plans.keys().map(|client| format!("client {client}"))).collect());
        for (at, fault) in &self.faults {
            network.at(*at, fault.clone());
        }
        for (node, start) in starts.into_iter().enumerate() {
            if let Some((delay, timer)) = start {
                network.wake_after(node, delay, timer);
            }
        }
        network.run();
        let (nodes, trace) = network.into_parts();
        Run::new(self.plans.keys().copied().collect(), nodes, trace)
    }

    fn link(&self, network: &mut Network<Node>) {
        let replicas = self.settings.replicas;
        let near: Arc<dyn Distribution + Send + Sync> = Arc::new(Constant(self.client_delay));
        for a in 0..replicas {
            for b in 0..replicas {
                network.set_link_delay(a, b, Arc::clone(&self.delay));
            }
            for client in replicas..replicas + self.plans.len() {
                network.set_link_delay(a, client, Arc::clone(&near));
            }
        }
        for (a, b, delay) in &self.links {
            network.set_link_delay(*a, *b, Arc::clone(delay));
        }
    }
}
