//! The kinds of values that a key may have.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

type Bytes = Vec<u8>;

/// One value of any kind.
#[derive(Clone, Debug)]
pub(super) enum Value {
    String(Bytes),
    Hash(BTreeMap<Bytes, Bytes>),
    List(VecDeque<Bytes>),
    Set(BTreeSet<Bytes>),
    Sorted(SortedSet),
}

impl Value {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::String(_) => "string",
            Self::Hash(_) => "hash",
            Self::List(_) => "list",
            Self::Set(_) => "set",
            Self::Sorted(_) => "zset",
        }
    }

    /// A collection without members is no value: Redis removes it.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::String(_) => false,
            Self::Hash(fields) => fields.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Set(members) => members.is_empty(),
            Self::Sorted(members) => members.is_empty(),
        }
    }
}

/// A score that can be ordered; it is never NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Score(pub(super) f64);

impl Eq for Score {}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Members by name, and in order. Where Redis has a skip list this has a tree; both find a rank by score in
/// logarithmic time, but a rank by position takes linear time here.
#[derive(Clone, Debug)]
pub(super) struct SortedSet {
    pub(super) scores: BTreeMap<Vec<u8>, Score>,
    pub(super) order: BTreeSet<(Score, Vec<u8>)>,
}

impl SortedSet {
    pub(super) const fn new() -> Self {
        Self { scores: BTreeMap::new(), order: BTreeSet::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }

    /// True when the member is new.
    pub(super) fn insert(&mut self, member: &[u8], score: f64) -> bool {
        // 0 and -0 are one score.
        let score = Score(score + 0.0);
        let before = self.scores.insert(member.to_vec(), score);
        if let Some(before) = before {
            self.order.remove(&(before, member.to_vec()));
        }
        self.order.insert((score, member.to_vec()));
        before.is_none()
    }

    pub(super) fn remove(&mut self, member: &[u8]) -> bool {
        let score = self.scores.remove(member);
        score.is_some_and(|score| self.order.remove(&(score, member.to_vec())))
    }

    pub(super) fn score(&self, member: &[u8]) -> Option<f64> {
        self.scores.get(member).map(|score| score.0)
    }

    pub(super) fn rank(&self, member: &[u8]) -> Option<usize> {
        self.order.iter().position(|(_, name)| name == member)
    }
}
