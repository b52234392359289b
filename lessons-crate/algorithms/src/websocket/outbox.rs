//! What waits for a client that reads slowly. It has a limit, and at the limit somebody decides.

use std::collections::{BTreeMap, BTreeSet};

/// Something to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<T> {
    /// Counts up.
    pub sequence: u64,
    /// What it is the newest state of, such as a stock: an older one of the same key need not be sent any more. Without a
    /// key each one counts, as in a chat.
    pub key: Option<u64>,
    /// What to send.
    pub body: T,
}

/// What to do when the queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverflowPolicy {
    /// The oldest goes, whatever it is: for what is of no use when it is late.
    DropOldest,
    /// An item replaces the waiting one of its key, at its place. If there is still no room, the oldest with a key goes;
    /// if there is none, the client is disconnected: what has no key is never lost unseen.
    CoalesceLatest,
    /// The client is disconnected, and comes back for what it missed.
    Disconnect,
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It waits.
    Queued,
    /// It waits in the place of one of the same key.
    Replaced {
        /// The one that is not sent any more.
        sequence: u64,
    },
    /// It waits, and another one was thrown away for it.
    Dropped {
        /// The one that is not sent any more.
        sequence: u64,
    },
    /// The client is to be disconnected. When it comes back, all after this number is to be sent to it.
    Disconnect {
        /// The last item without a key that it was given, or where it began.
        resume_after: u64,
    },
}

/// The bounded queue of one client.
///
/// A client that resumes counts the items without a key: one with a key may have overtaken others, in the place of an
/// older one.
///
/// # Complexity
///
/// O(log n) for n waiting items; never more than the capacity.
///
/// # Examples
///
/// ```
/// use lessons::websocket::{Item, Outbox, OverflowPolicy, Verdict};
///
/// let mut outbox = Outbox::new(2, OverflowPolicy::CoalesceLatest, 0);
/// let tick = |sequence, price| Item { sequence, key: Some(7), body: price };
/// outbox.push(tick(1, 100));
/// assert_eq!(outbox.push(tick(2, 101)), Verdict::Replaced { sequence: 1 });
/// outbox.push(Item { sequence: 3, key: None, body: 0 });
/// // Full: the tick makes room, because a newer one will come; then only chat is left.
/// assert_eq!(outbox.push(Item { sequence: 4, key: None, body: 0 }), Verdict::Dropped { sequence: 2 });
/// let full = outbox.push(Item { sequence: 5, key: None, body: 0 });
/// assert_eq!(full, Verdict::Disconnect { resume_after: 0 });
/// ```
#[derive(Clone, Debug)]
pub struct Outbox<T> {
    capacity: usize,
    policy: OverflowPolicy,
    /// By place in the queue.
    waiting: BTreeMap<u64, Item<T>>,
    /// The places of items with a key, and where each key is.
    keyed: BTreeSet<u64>,
    place_of: BTreeMap<u64, u64>,
    next_place: u64,
    resume_after: u64,
    disconnected: bool,
}

impl<T> Outbox<T> {
    /// An empty one for a client that has seen everything up to a sequence number.
    ///
    /// # Panics
    ///
    /// When the capacity is 0: nothing could ever be sent.
    pub fn new(capacity: usize, policy: OverflowPolicy, seen: u64) -> Self {
        assert!(capacity > 0, "an outbox needs room for at least one item");
        Self {
            capacity,
            policy,
            waiting: BTreeMap::new(),
            keyed: BTreeSet::new(),
            place_of: BTreeMap::new(),
            next_place: 0,
            resume_after: seen,
            disconnected: false,
        }
    }

    /// Takes an item, or says that the client is too slow. After that, it takes none.
    pub fn push(&mut self, item: Item<T>) -> Verdict {
        if self.disconnected {
            return Verdict::Disconnect { resume_after: self.resume_after };
        }
        let coalesce = self.policy == OverflowPolicy::CoalesceLatest;
        let place = item.key.filter(|_| coalesce).and_then(|key| self.place_of.get(&key).copied());
        if let Some(old) = place.and_then(|place| self.waiting.get_mut(&place)) {
            let sequence = old.sequence;
            *old = item;
            return Verdict::Replaced { sequence };
        }
        if self.waiting.len() < self.capacity {
            self.append(item);
            return Verdict::Queued;
        }
        let victim = match self.policy {
            OverflowPolicy::DropOldest => self.waiting.keys().next().copied(),
            OverflowPolicy::CoalesceLatest => self.keyed.first().copied(),
            OverflowPolicy::Disconnect => None,
        };
        match victim.and_then(|place| self.remove(place)) {
            Some(old) => {
                self.append(item);
                Verdict::Dropped { sequence: old.sequence }
            }
            None => {
                self.disconnected = true;
                self.waiting.clear();
                self.keyed.clear();
                self.place_of.clear();
                Verdict::Disconnect { resume_after: self.resume_after }
            }
        }
    }

    fn append(&mut self, item: Item<T>) {
        let place = self.next_place;
        self.next_place += 1;
        if let Some(key) = item.key {
            self.keyed.insert(place);
            self.place_of.insert(key, place);
        }
        self.waiting.insert(place, item);
    }

    fn remove(&mut self, place: u64) -> Option<Item<T>> {
        let item = self.waiting.remove(&place)?;
        if let Some(key) = item.key {
            self.keyed.remove(&place);
            // Without coalescing, the newest of a key is the one that is remembered.
            if self.place_of.get(&key) == Some(&place) {
                self.place_of.remove(&key);
            }
        }
        Some(item)
    }

    /// Up to `most` items to send now, in order.
    pub fn drain(&mut self, most: usize) -> Vec<Item<T>> {
        let places: Vec<u64> = self.waiting.keys().take(most).copied().collect();
        let items: Vec<Item<T>> = places.into_iter().filter_map(|place| self.remove(place)).collect();
        let last = items.iter().rev().find(|item| item.key.is_none());
        self.resume_after = last.map_or(self.resume_after, |item| item.sequence);
        items
    }

    /// How many items wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}
