//! What a resolver remembers, and for how long.

use std::collections::BTreeMap;
use std::time::Duration;

use super::name::Name;
use super::record::{Record, RecordType};

/// No record is kept longer, whatever its TTL says: seven days (RFC 8767, section 4).
const TTL_MAX: Duration = Duration::from_secs(7 * 86_400);

/// What is not there is not remembered longer: three hours (RFC 2308, section 5).
const NEGATIVE_TTL_MAX: Duration = Duration::from_secs(3 * 3_600);

/// An old answer is given with this TTL, in seconds, so that it is asked for again soon (RFC 8767, section 4).
const STALE_TTL: u32 = 30;

/// What is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NegativeKind {
    /// The name, with everything below it.
    NxDomain,
    /// Records of this type.
    NoData,
}

/// What the cache says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cached {
    /// The records, with the time that is left to them.
    Fresh(Vec<Record>),
    /// It is known that there is nothing.
    Negative(NegativeKind),
    /// The records are too old. When nobody answers, they are better than nothing.
    Stale(Vec<Record>),
}

#[derive(Clone, Debug)]
struct Entry {
    records: Result<Vec<Record>, NegativeKind>,
    stored: Duration,
    ttl: Duration,
}

/// Records by name and type until their TTL has passed, and for some time after it.
///
/// All records of a name and type have one TTL: the smallest, should they differ (RFC 2181, section 5.2).
///
/// # Complexity
///
/// O(labels × log entries).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::dns::{Cache, Cached, RData, Record, RecordType};
///
/// let s = Duration::from_secs;
/// let mut cache = Cache::new(s(3_600));
/// let record = Record { name: "a.test".parse()?, ttl: 60, data: RData::A([192, 0, 2, 1].into()) };
/// cache.insert(vec![record], s(0));
/// let Some(Cached::Fresh(found)) = cache.get(&"a.test".parse()?, RecordType::A, s(45)) else { panic!() };
/// assert_eq!(found[0].ttl, 15, "it counts down");
/// let late = cache.get(&"a.test".parse()?, RecordType::A, s(61));
/// assert!(matches!(late, Some(Cached::Stale(_))));
/// # Ok::<(), lessons::dns::NameError>(())
/// ```
///
/// # Sources
///
/// R. Elz, R. Bush, RFC 2181, 1997, sections 5 and 8; M. Andrews, RFC 2308, 1998; S. Bortzmeyer, S. Huque, "NXDOMAIN:
/// There Really Is Nothing Underneath", RFC 8020, 2016; D. Lawrence, W. Kumari, P. Sood, "Serving Stale Data to Improve
/// DNS Resiliency", RFC 8767, 2020.
#[derive(Clone, Debug)]
pub struct Cache {
    entries: BTreeMap<(Name, RecordType), Entry>,
    /// Names that do not exist, until when.
    missing: BTreeMap<Name, Duration>,
    max_stale: Duration,
}

impl Cache {
    /// An empty one that gives out records for so long after their time.
    pub fn new(max_stale: Duration) -> Self {
        Self { entries: BTreeMap::new(), missing: BTreeMap::new(), max_stale }
    }

    /// Keeps the records of one name and type; nothing when there are none, or their TTL is 0.
    pub fn insert(&mut self, records: Vec<Record>, now: Duration) {
        let Some(first) = records.first() else { return };
        let key = (first.name.clone(), first.data.record_type());
        let ttl = records.iter().map(|record| record.ttl).min().unwrap_or(0);
        let ttl = Duration::from_secs(ttl.into()).min(TTL_MAX);
        self.missing.remove(&key.0);
        if !ttl.is_zero() {
            self.entries.insert(key, Entry { records: Ok(records), stored: now, ttl });
        }
    }

    /// Keeps that there is nothing, for the TTL of the SOA that came with the answer.
    pub fn insert_negative(
        &mut self,
        name: &Name,
        ty: RecordType,
        kind: NegativeKind,
        ttl: u32,
        now: Duration,
    ) {
        let ttl = Duration::from_secs(ttl.into()).min(NEGATIVE_TTL_MAX);
        match kind {
            NegativeKind::NxDomain => drop(self.missing.insert(name.clone(), now + ttl)),
            NegativeKind::NoData => {
                let entry = Entry { records: Err(kind), stored: now, ttl };
                self.entries.insert((name.clone(), ty), entry);
            }
        }
    }

    /// What is known now.
    pub fn get(&self, name: &Name, ty: RecordType, now: Duration) -> Option<Cached> {
        // Below a name that does not exist, there is nothing either.
        let mut above = Some(name.clone());
        while let Some(own) = above {
            if self.missing.get(&own).is_some_and(|until| now < *until) {
                return Some(Cached::Negative(NegativeKind::NxDomain));
            }
            above = own.parent();
        }
        let entry = self.entries.get(&(name.clone(), ty))?;
        let age = now.saturating_sub(entry.stored);
        let with_ttl = |records: &[Record], ttl: u32| {
            records.iter().map(|record| Record { ttl, ..record.clone() }).collect::<Vec<_>>()
        };
        match &entry.records {
            Ok(records) if age < entry.ttl => {
                // Rounded up, or a record would be given out with 0 while it still counts.
                let left = entry.ttl - age;
                let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
                Some(Cached::Fresh(with_ttl(records, u32::try_from(seconds).unwrap_or(u32::MAX))))
            }
            Ok(records) if age < entry.ttl + self.max_stale => {
                Some(Cached::Stale(with_ttl(records, STALE_TTL)))
            }
            Err(kind) if age < entry.ttl => Some(Cached::Negative(*kind)),
            _ => None,
        }
    }

    /// Whether an entry that is asked for should be fetched anew already, so that nobody has to wait: less than a tenth
    /// of its time is left, as in Unbound.
    pub fn should_prefetch(&self, name: &Name, ty: RecordType, now: Duration) -> bool {
        self.entries.get(&(name.clone(), ty)).is_some_and(|entry| {
            let age = now.saturating_sub(entry.stored);
            entry.records.is_ok() && age < entry.ttl && entry.ttl - age < entry.ttl / 10
        })
    }

    /// Forgets what is of no use any more.
    pub fn purge(&mut self, now: Duration) {
        let max_stale = self.max_stale;
        self.missing.retain(|_, until| now < *until);
        self.entries.retain(|_, entry| {
            let stale = if entry.records.is_ok() { max_stale } else { Duration::ZERO };
            now.saturating_sub(entry.stored) < entry.ttl + stale
        });
    }

    /// How many answers it keeps.
    pub fn len(&self) -> usize {
        self.entries.len() + self.missing.len()
    }

    /// Whether it keeps nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The share of caches that still have the old address `seconds` after a change, if they fetched it at moments that are
/// spread evenly over the TTL: 1 - t / T, and the share that ignores TTLs for ever.
pub fn stale_share(seconds: f64, ttl_seconds: f64, pinned_share: f64) -> f64 {
    let stale = (1.0 - seconds / ttl_seconds).clamp(0.0, 1.0);
    pinned_share + (1.0 - pinned_share) * stale
}
