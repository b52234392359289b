//! Rooms, and who is in them.

use std::collections::{BTreeMap, BTreeSet};

use super::outbox::{Item, Outbox, OverflowPolicy, Verdict};
use super::replay::{ReplayLog, Resume};

/// A client of a hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientId(pub u64);

/// What a hub did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HubStats {
    /// Items that were put into a queue or replaced one there.
    pub queued: u64,
    /// Items that were replaced by newer ones, or thrown away.
    pub dropped: u64,
    /// Clients that were too slow.
    pub disconnected: u64,
}

/// Sends what is said in a room to everybody in it. Each client has a queue of its own, so nobody waits for a slow one,
/// and all together they keep at most clients × capacity items, and each room what its log keeps.
///
/// The body of an item is cloned for each client: an `Arc` makes that cheap.
///
/// # Complexity
///
/// `publish` is O(members × log capacity).
///
/// # Examples
///
/// ```
/// use lessons::websocket::{Hub, OverflowPolicy, Resume};
///
/// let mut hub = Hub::new(10, OverflowPolicy::Disconnect, 100);
/// let (ada, bob) = (hub.connect(), hub.connect());
/// hub.join(ada, "tea");
/// hub.join(bob, "tea");
/// hub.publish("tea", None, "hello");
/// assert_eq!(hub.drain(ada, 10).len(), 1);
///
/// // Bob's connection breaks. He comes back and says what he saw last.
/// hub.disconnect(bob);
/// hub.publish("tea", None, "anyone here?");
/// let again = hub.connect();
/// assert_eq!(hub.resume(again, "tea", 1), Resume::Events(vec![(2, "anyone here?")]));
/// ```
#[derive(Clone, Debug)]
pub struct Hub<T> {
    capacity: usize,
    policy: OverflowPolicy,
    log_capacity: usize,
    clients: BTreeMap<ClientId, Outbox<T>>,
    members: BTreeMap<String, BTreeSet<ClientId>>,
    logs: BTreeMap<String, ReplayLog<T>>,
    next_client: u64,
    /// One count for all rooms, so that a client in several has one order.
    sequence: u64,
    stats: HubStats,
}

impl<T: Clone> Hub<T> {
    /// A hub whose clients may have so many items waiting, and whose rooms remember so many.
    pub fn new(capacity: usize, policy: OverflowPolicy, log_capacity: usize) -> Self {
        Self {
            capacity,
            policy,
            log_capacity,
            clients: BTreeMap::new(),
            members: BTreeMap::new(),
            logs: BTreeMap::new(),
            next_client: 0,
            sequence: 0,
            stats: HubStats::default(),
        }
    }

    /// A new client, in no room.
    pub fn connect(&mut self) -> ClientId {
        let client = ClientId(self.next_client);
        self.next_client += 1;
        self.clients.insert(client, Outbox::new(self.capacity, self.policy, self.sequence));
        client
    }

    /// Forgets a client: its queue, and where it was.
    pub fn disconnect(&mut self, client: ClientId) {
        self.clients.remove(&client);
        self.members.retain(|_, members| {
            members.remove(&client);
            !members.is_empty()
        });
    }

    /// Puts a client into a room; `false` when the client is not connected.
    pub fn join(&mut self, client: ClientId, room: &str) -> bool {
        let connected = self.clients.contains_key(&client);
        if connected {
            self.members.entry(room.to_owned()).or_default().insert(client);
        }
        connected
    }

    /// Puts a client that was away into a room, and says what it missed. Nothing that is said later is missing or twice,
    /// because both happen at once.
    pub fn resume(&mut self, client: ClientId, room: &str, seen: u64) -> Resume<T> {
        self.join(client, room);
        let from = self.sequence;
        match self.logs.get(room) {
            Some(log) if seen <= log.last() => log.after(seen),
            // Nothing was said here since; but the number must have been given out, maybe in another room.
            _ if seen <= self.sequence => Resume::Events(Vec::new()),
            _ => Resume::Reload { from },
        }
    }

    /// Says something in a room, and disconnects those that are too slow for it: they are returned, with the number
    /// after which each can resume.
    pub fn publish(&mut self, room: &str, key: Option<u64>, body: T) -> Vec<(ClientId, u64)> {
        self.sequence += 1;
        let sequence = self.sequence;
        let capacity = self.log_capacity;
        let log = self.logs.entry(room.to_owned()).or_insert_with(|| ReplayLog::with_capacity(capacity));
        log.push(sequence, body.clone());
        let mut slow = Vec::new();
        for client in self.members.get(room).into_iter().flatten() {
            let Some(outbox) = self.clients.get_mut(client) else { continue };
            match outbox.push(Item { sequence, key, body: body.clone() }) {
                Verdict::Queued => self.stats.queued += 1,
                Verdict::Replaced { .. } | Verdict::Dropped { .. } => {
                    self.stats.queued += 1;
                    self.stats.dropped += 1;
                }
                Verdict::Disconnect { resume_after } => slow.push((*client, resume_after)),
            }
        }
        for (client, _) in &slow {
            self.stats.disconnected += 1;
            self.disconnect(*client);
        }
        slow
    }

    /// Up to `most` items to send to a client now; none when it is not connected.
    pub fn drain(&mut self, client: ClientId, most: usize) -> Vec<Item<T>> {
        self.clients.get_mut(&client).map_or_else(Vec::new, |outbox| outbox.drain(most))
    }

    /// How many items wait for all clients together.
    pub fn waiting(&self) -> usize {
        self.clients.values().map(Outbox::len).sum()
    }

    /// How many clients are connected.
    pub fn client_count(&self) -> usize {
        self.clients.len()
    }

    /// What it did so far.
    pub fn stats(&self) -> HubStats {
        self.stats
    }
}
