//! A read that fills the cache races with writes: every order of their steps, and which end with an old value in
//! the cache.

use std::collections::BTreeMap;

/// What a writer does about the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invalidation {
    /// Write the store, then put the new value into the cache.
    Update,
    /// Delete the key from the cache, then write the store.
    DeleteFirst,
    /// Write the store, then delete the key from the cache.
    DeleteAfter,
    /// As [`DeleteAfter`](Self::DeleteAfter), and a read fills the cache only if nothing was deleted since it missed
    /// ([`Leases`]).
    Lease,
    /// Write the store with a version, then put value and version into the cache; the cache keeps the higher version,
    /// whoever brings it.
    Version,
}

impl Invalidation {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Update, Self::DeleteFirst, Self::DeleteAfter, Self::Lease, Self::Version];

    /// Its name, for tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Update => "write the store, update the cache",
            Self::DeleteFirst => "delete from the cache, write the store",
            Self::DeleteAfter => "write the store, delete from the cache",
            Self::Lease => "the same, fills need a lease",
            Self::Version => "update, the higher version wins",
        }
    }
}

/// Lets a read fill the cache only if the key was not invalidated since it missed.
///
/// # Complexity
///
/// O(log n) for n keys with a lease.
///
/// # Examples
///
/// ```
/// use lessons::cache::race::Leases;
///
/// let mut leases = Leases::default();
/// let (first, second) = (leases.issue(7), leases.issue(7));
/// assert!(leases.redeem(7, first));
/// leases.invalidate(7);
/// assert!(!leases.redeem(7, second), "what it read may be old");
/// ```
///
/// # Sources
///
/// R. Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013 (section 3.2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leases {
    /// Leases of a key that are still good.
    good: BTreeMap<u64, Vec<u64>>,
    next: u64,
}

impl Leases {
    /// A lease for a read that missed.
    pub fn issue(&mut self, key: u64) -> u64 {
        self.next += 1;
        self.good.entry(key).or_default().push(self.next);
        self.next
    }

    /// Whether the read may fill the cache; its lease is used up.
    pub fn redeem(&mut self, key: u64, lease: u64) -> bool {
        let Some(good) = self.good.get_mut(&key) else { return false };
        let Some(place) = good.iter().position(|other| *other == lease) else { return false };
        good.swap_remove(place);
        if good.is_empty() {
            self.good.remove(&key);
        }
        true
    }

    /// The key was deleted: no lease of it is good any more.
    pub fn invalidate(&mut self, key: u64) {
        self.good.remove(&key);
    }
}

/// What came of all orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RaceResult {
    /// How many orders there are.
    pub orders: usize,
    /// In how many the cache ends with another value than the store: until it expires, every reader gets it.
    pub stale: usize,
    /// The steps of the shortest run of one process after the other that ends so, in words.
    pub example: Vec<String>,
}

/// Runs one read that misses and `writers` writes of the same key, in every order of their steps.
///
/// # Panics
///
/// When there are more than three writers: the orders would be too many.
pub fn explore(invalidation: Invalidation, writers: usize) -> RaceResult {
    assert!(writers <= 3, "at most three writers, or the orders are too many");
    let mut remaining = vec![3]; // The read: look, load, fill.
    remaining.extend(vec![2; writers]);
    let mut result = RaceResult { orders: 0, stale: 0, example: Vec::new() };
    let mut least_switches = usize::MAX;
    let total = remaining.iter().sum();
    visit(&mut remaining, &mut Vec::new(), total, &mut |order| {
        let (ends_stale, story) = run(invalidation, order);
        result.orders += 1;
        result.stale += usize::from(ends_stale);
        let switches = order.windows(2).filter(|pair| pair[0] != pair[1]).count();
        if ends_stale && switches < least_switches {
            least_switches = switches;
            result.example = story;
        }
    });
    result
}

/// Calls `then` with every order of the processes' remaining steps.
fn visit(remaining: &mut [usize], order: &mut Vec<usize>, total: usize, then: &mut impl FnMut(&[usize])) {
    if order.len() == total {
        return then(order);
    }
    for process in 0..remaining.len() {
        if remaining[process] > 0 {
            remaining[process] -= 1;
            order.push(process);
            visit(remaining, order, total, then);
            order.pop();
            remaining[process] += 1;
        }
    }
}

const KEY: u64 = 0;

/// Runs one order. Process 0 reads, the others write the values 1, 2, ... Values in the store have versions.
fn run(invalidation: Invalidation, order: &[usize]) -> (bool, Vec<String>) {
    let (mut store, mut cache): ((usize, u64), Option<(usize, u64)>) = ((0, 0), None);
    let mut leases = Leases::default();
    let mut steps = vec![0; order.iter().max().map_or(0, |last| last + 1)];
    let mut written = vec![(0, 0); steps.len()];
    let (mut missed, mut loaded, mut lease) = (true, (0, 0), 0);
    let mut story = Vec::new();
    let keep = |cache: &mut Option<(usize, u64)>, entry: (usize, u64)| {
        if invalidation != Invalidation::Version || cache.is_none_or(|(_, version)| version < entry.1) {
            *cache = Some(entry);
        }
    };
    for &process in order {
        let step = steps[process];
        steps[process] += 1;
        story.push(match (process, step) {
            (0, 0) => {
                missed = cache.is_none();
                lease = leases.issue(KEY);
                format!("the read looks into the cache: {}", if missed { "a miss" } else { "a hit" })
            }
            (0, 1) => {
                loaded = store;
                format!("the read loads value {} from the store", loaded.0)
            }
            (0, _) => {
                let allowed = invalidation != Invalidation::Lease || leases.redeem(KEY, lease);
                if missed && allowed {
                    keep(&mut cache, loaded);
                }
                format!("the read fills the cache with value {}", loaded.0)
            }
            (writer, step) if step == usize::from(invalidation == Invalidation::DeleteFirst) => {
                store = (writer, store.1 + 1);
                written[writer] = store;
                format!("writer {writer} writes value {writer} to the store")
            }
            (writer, _) => {
                if matches!(invalidation, Invalidation::Update | Invalidation::Version) {
                    keep(&mut cache, written[writer]);
                    format!("writer {writer} puts value {writer} into the cache")
                } else {
                    cache = None;
                    leases.invalidate(KEY);
                    format!("writer {writer} deletes the key from the cache")
                }
            }
        });
    }
    (cache.is_some_and(|(value, _)| value != store.0), story)
}
