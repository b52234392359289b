//! A leader that ships its log to followers: what is late, what is lost when the leader is, what readers see.

mod node;
mod outcome;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use crate::dist::{Constant, Distribution};
use crate::network::{Fault, Network, NodeId};
use crate::rng::Rng;

use node::{LogNode, PROMOTE, WRITE};
pub use outcome::{LogRun, ReadFrom, Reads, Written};

/// One leader (node 0) and its followers, and a stream of writes. Times are in milliseconds.
///
/// A write is acknowledged when the leader has it and so many followers have said that they have it too: none
/// (asynchronous), some (semi-synchronous) or all (synchronous). A leader that is lost takes with it what it had
/// not shipped: the follower with the longest log is promoted, and what it lacks is gone.
///
/// # Examples
///
/// ```
/// use lessons::replication::LeaderFollower;
///
/// let lost = |acks| {
///     let group = LeaderFollower::new(2).acks(acks).write_every(1.0);
///     group.lose_leader(100.0, 30.0).run().lost().len()
/// };
/// assert!(lost(0) > 0); // Acknowledged, not yet shipped.
/// assert_eq!(lost(1), 0); // One follower had each acknowledged write, and it was promoted.
/// ```
///
/// # Sources
///
/// J. Gray, P. Helland, P. O'Neil, D. Shasha, "The Dangers of Replication and a Solution", SIGMOD 1996,
/// doi:10.1145/233269.233330 (lazy and eager, master and group). PostgreSQL documentation, "Log-Shipping Standby
/// Servers" and `synchronous_standby_names` (ANY k).
#[derive(Clone)]
pub struct LeaderFollower {
    followers: usize,
    acks: usize,
    delay: Arc<dyn Distribution + Send + Sync>,
    write_every: f64,
    until: f64,
    /// When the leader is lost, and how long it takes until a follower is promoted.
    lost: Option<(f64, f64)>,
    seed: u64,
}

impl fmt::Debug for LeaderFollower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeaderFollower")
            .field("followers", &self.followers)
            .field("acks", &self.acks)
            .field("mean_delay", &self.delay.mean())
            .field("write_every", &self.write_every)
            .field("until", &self.until)
            .field("lost", &self.lost)
            .finish_non_exhaustive()
    }
}

impl LeaderFollower {
    /// A leader with so many followers, asynchronous. Messages take 5 ms; a write comes every 10 ms on average,
    /// at random times, for a second.
    ///
    /// # Panics
    ///
    /// Without a follower.
    pub fn new(followers: usize) -> Self {
        assert!(followers > 0, "replication needs at least one follower");
        Self {
            followers,
            acks: 0,
            delay: Arc::new(Constant(5.0)),
            write_every: 10.0,
            until: 1_000.0,
            lost: None,
            seed: 35,
        }
    }

    /// How many followers must have a write before it is acknowledged: 0 is asynchronous, all is synchronous.
    ///
    /// # Panics
    ///
    /// When there are not so many followers.
    #[must_use]
    pub fn acks(mut self, followers: usize) -> Self {
        let most = self.followers;
        assert!(followers <= most, "a write cannot wait for {followers} followers: there are {most}");
        self.acks = followers;
        self
    }

    /// How long a message takes.
    #[must_use]
    pub fn delay(mut self, delay: impl Distribution + Send + Sync + 'static) -> Self {
        self.delay = Arc::new(delay);
        self
    }

    /// The mean time between writes, which come at random (exponential).
    #[must_use]
    pub fn write_every(mut self, milliseconds: f64) -> Self {
        self.write_every = milliseconds;
        self
    }

    /// No writes after this time.
    #[must_use]
    pub fn until(mut self, milliseconds: f64) -> Self {
        self.until = milliseconds;
        self
    }

    /// The leader and what it had sent are lost at this time, and the follower with the longest log is promoted
    /// after so long: writes in between are refused.
    #[must_use]
    pub fn lose_leader(mut self, at: f64, promote_after: f64) -> Self {
        self.lost = Some((at, promote_after));
        self
    }

    /// Another seed gives other times and delays.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Runs until all writes are shipped. A few microseconds per write and follower.
    pub fn run(&self) -> LogRun {
        let count = self.followers + 1;
        let nodes = (0..count).map(|node| LogNode::new(count, self.acks, node == 0)).collect();
        let mut network = Network::new(nodes, self.seed);
        for follower in 1..count {
            for other in 0..follower {
                network.set_link_delay(other, follower, Arc::clone(&self.delay));
            }
        }
        let names = (0..count).map(|n| if n == 0 { "leader".into() } else { format!("follower {n}") });
        network.set_names(names.collect());

        // The times of the writes do not depend on anything else, so that settings can be compared.
        let mut rng = Rng::new(self.seed ^ 0x10C5);
        let mut times = Vec::new();
        let mut now = rng.exponential(self.write_every);
        while now < self.until {
            times.push(now);
            now += rng.exponential(self.write_every);
        }
        let promoted_at = self.lost.map_or(f64::INFINITY, |(at, after)| at + after);
        let lost_at = self.lost.map_or(f64::INFINITY, |(at, _)| at);
        for (id, &time) in times.iter().enumerate().filter(|(_, time)| **time < lost_at) {
            network.wake_after(0, time, WRITE + id as u64);
        }
        let mut leader: NodeId = 0;
        if let Some((at, _)) = self.lost {
            let others = (1..count).collect();
            network.at(at, Fault::Partition(vec![vec![0], others]));
            network.at(at, Fault::Crash(0));
            network.run_until(promoted_at);
            // The lowest number among equals.
            let longest = |node: &NodeId| (network.node(*node).log().len(), std::cmp::Reverse(*node));
            leader = (1..count).max_by_key(longest).unwrap_or(1);
            network.wake_after(leader, 0.0, PROMOTE);
            for (id, &time) in times.iter().enumerate().filter(|(_, time)| **time > promoted_at) {
                network.wake_after(leader, time - promoted_at, WRITE + id as u64);
            }
        }
        network.run();
        let (nodes, trace) = network.into_parts();
        LogRun::new(&times, &nodes, leader, self.lost.map(|_| promoted_at), trace)
    }
}
