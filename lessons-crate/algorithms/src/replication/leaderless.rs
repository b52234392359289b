//! A leaderless store, as Dynamo: each key has its replicas, any of them takes a write, and conflicts are kept.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::causality::VersionVector;
use crate::crdt::{Crdt, MvRegister};
use crate::network::NodeId;

/// Too few nodes are in reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reached} of the {needed} nodes that must answer are in reach: bring nodes back, or ask for fewer")]
pub struct Refused {
    /// How many could be asked.
    pub reached: usize,
    /// How many must answer.
    pub needed: usize,
}

/// One node: what it has for itself, and what it keeps for others.
#[derive(Clone, Debug, Default)]
struct Peer {
    stored: BTreeMap<u64, MvRegister<String>>,
    /// Of nodes that were out of reach: what to give them when they are back.
    hints: BTreeMap<(NodeId, u64), MvRegister<String>>,
}

/// Keys on N of several equal nodes, which the client asks itself: R answers for a read, W for a write.
///
/// The replicas of a key are `key % nodes` and those after it, in a ring. With sloppy quorums a replica that is
/// out of reach is stood in for by the next node of the ring, which keeps the value with a hint, and hands it
/// off when the replica is back. Values carry version vectors, so that concurrent writes become siblings and a
/// read merges them; it also repairs the replicas that had less.
///
/// Everything happens at once here: for delays see [`ReplicatedRegister`](super::ReplicatedRegister) and
/// [`pbs`](super::pbs).
///
/// # Examples
///
/// ```
/// use lessons::replication::Leaderless;
///
/// let mut store = Leaderless::new(5, 3, 2, 2);
/// let (value, version) = store.get(7)?;
/// assert!(value.is_empty());
/// store.put(7, "one", &version)?;
/// store.put(7, "two", &version)?; // From the same, older read: a conflict.
/// assert_eq!(store.get(7)?.0, ["one", "two"]);
/// # Ok::<(), lessons::replication::Refused>(())
/// ```
///
/// # Sources
///
/// G. DeCandia et al., "Dynamo: Amazon's Highly Available Key-value Store", SOSP 2007,
/// doi:10.1145/1294261.1294281 (sections 4.4 to 4.6). D. K. Gifford, "Weighted Voting for Replicated Data", SOSP
/// 1979, doi:10.1145/800215.806583.
#[derive(Clone, Debug)]
pub struct Leaderless {
    peers: Vec<Peer>,
    copies: usize,
    read: usize,
    write: usize,
    sloppy: bool,
    /// Whom the clients cannot reach.
    down: BTreeSet<NodeId>,
}

impl Leaderless {
    /// So many nodes, N copies of each key, R answers for a read and W for a write; quorums are strict.
    ///
    /// # Panics
    ///
    /// When N is not from 1 to the number of nodes, or R or W not from 1 to N.
    pub fn new(nodes: usize, n: usize, r: usize, w: usize) -> Self {
        assert!((1..=nodes).contains(&n), "N = {n} must be from 1 to {nodes}, the number of nodes");
        assert!(
            (1..=n).contains(&r) && (1..=n).contains(&w),
            "R = {r} and W = {w} must be from 1 to N = {n}"
        );
        let peers = vec![Peer::default(); nodes];
        Self { peers, copies: n, read: r, write: w, sloppy: false, down: BTreeSet::new() }
    }

    /// With sloppy quorums and hinted handoff.
    #[must_use]
    pub fn sloppy(mut self) -> Self {
        self.sloppy = true;
        self
    }

    /// The nodes that should have a key.
    pub fn replicas(&self, key: u64) -> Vec<NodeId> {
        let nodes = self.peers.len();
        (0..self.copies).map(|i| (key as usize + i) % nodes).collect()
    }

    /// From now on clients cannot reach this node.
    pub fn take_down(&mut self, node: NodeId) {
        self.down.insert(node);
    }

    /// The node is back, and others hand off what they kept for it. Returns how many values.
    pub fn bring_back(&mut self, node: NodeId) -> usize {
        self.down.remove(&node);
        let mut handed = 0;
        for holder in 0..self.peers.len() {
            if self.down.contains(&holder) {
                continue;
            }
            let hints = std::mem::take(&mut self.peers[holder].hints);
            for ((owner, key), value) in hints {
                if owner == node {
                    self.store(owner, key, &value);
                    handed += 1;
                } else {
                    self.peers[holder].hints.insert((owner, key), value);
                }
            }
        }
        handed
    }

    /// Where an operation on a key can go: a node, and for whom it stands in.
    fn targets(&self, key: u64) -> Vec<(NodeId, NodeId)> {
        let replicas = self.replicas(key);
        let nodes = self.peers.len();
        let mut standbys = (self.copies..nodes)
            .map(|i| (key as usize + i) % nodes)
            .filter(|node| self.sloppy && !self.down.contains(node));
        let target = |&owner: &NodeId| {
            if self.down.contains(&owner) {
                standbys.next().map(|other| (other, owner))
            } else {
                Some((owner, owner))
            }
        };
        let mut targets: Vec<(NodeId, NodeId)> = replicas.iter().filter_map(target).collect();
        // A stand-in is asked last: it has only what came while it stood in.
        targets.sort_by_key(|(node, owner)| node != owner);
        targets
    }

    fn store(&mut self, node: NodeId, key: u64, value: &MvRegister<String>) {
        self.peers[node].stored.entry(key).or_default().merge(value);
    }

    /// Writes a value in place of those that a [`get`](Self::get) has returned with this version; values that came
    /// since are kept beside it.
    ///
    /// # Errors
    ///
    /// When fewer than W nodes are in reach, or none of the key's own; nothing is written then.
    pub fn put(&mut self, key: u64, value: impl Into<String>, seen: &VersionVector) -> Result<(), Refused> {
        let targets = self.targets(key);
        if targets.len() < self.write {
            return Err(Refused { reached: targets.len(), needed: self.write });
        }
        // A replica in reach gives the write its number, after all that it has given before.
        let Some(&(coordinator, _)) = targets.iter().find(|(node, owner)| node == owner) else {
            return Err(Refused { reached: 0, needed: self.write });
        };
        let mut new = self.held(coordinator, coordinator, key);
        new.replace(value.into(), coordinator, seen);
        for (node, owner) in targets {
            if node == owner {
                self.store(node, key, &new);
            } else {
                self.peers[node].hints.entry((owner, key)).or_default().merge(&new);
            }
        }
        Ok(())
    }

    /// What a node has of a key, as itself or standing in for another.
    fn held(&self, node: NodeId, owner: NodeId, key: u64) -> MvRegister<String> {
        let peer = &self.peers[node];
        let found = if node == owner { peer.stored.get(&key) } else { peer.hints.get(&(owner, key)) };
        found.cloned().unwrap_or_default()
    }

    /// The values of a key, several when there are siblings, and their version, for the write that replaces them.
    /// The first R nodes in reach are asked, and repaired.
    ///
    /// # Errors
    ///
    /// When fewer than R nodes are in reach.
    pub fn get(&mut self, key: u64) -> Result<(Vec<String>, VersionVector), Refused> {
        let targets = self.targets(key);
        if targets.len() < self.read {
            return Err(Refused { reached: targets.len(), needed: self.read });
        }
        let asked = &targets[..self.read];
        let mut found = MvRegister::<String>::default();
        for &(node, owner) in asked {
            found.merge(&self.held(node, owner, key));
        }
        for &(node, owner) in asked {
            if node == owner {
                self.store(node, key, &found);
            }
        }
        Ok((found.values().into_iter().cloned().collect(), found.version().clone()))
    }
}
