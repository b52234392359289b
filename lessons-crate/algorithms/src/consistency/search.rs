//! The search for an order: Wing and Gong's algorithm with Lowe's memory.

use std::collections::{BTreeMap, BTreeSet};

use super::history::{Action, INITIAL, Operation};
use crate::interrupt;

/// What came of a search over the operations of one register.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    /// The operations in an order that explains them, as indices; unanswered ones that had no effect are left
    /// out.
    Order(Vec<usize>),
    /// There is no such order.
    Nothing,
    /// The limit was reached.
    GaveUp,
}

/// An operation of the search.
#[derive(Clone, Copy, Debug)]
struct Entry {
    index: usize,
    action: Action,
    call: f64,
    /// By when it must have happened.
    deadline: f64,
    answered: bool,
}

/// Looks for an order of these operations of one register, visiting at most `limit` configurations.
///
/// A configuration is which operations have happened, and the value they left. Two ways into the same one
/// have the same future, so it is visited once (Lowe's addition to Wing and Gong's search).
pub(super) fn search(operations: &[(usize, Operation)], limit: u64) -> Found {
    let mut search = Search::new(operations);
    search.run(limit)
}

#[derive(Debug)]
struct Search {
    /// Must happen, in order of their calls.
    required: Vec<Entry>,
    /// May happen: writes without an answer.
    optional: Vec<Entry>,
    happened: Vec<bool>,
    optional_happened: Vec<bool>,
    /// The first required entry that has not happened.
    base: usize,
    /// One past the last required entry that has.
    high: usize,
    value: u64,
    /// What has yet to happen, for each value; `None` with compare-and-set, which sees values in other ways.
    left: Option<BTreeMap<u64, Left>>,
    /// Visited configurations, each packed into words.
    visited: BTreeSet<Box<[u64]>>,
}

/// The operations on one value that have not happened.
#[derive(Clone, Copy, Debug, Default)]
struct Left {
    reads: usize,
    writes: usize,
}

/// One step of the current order, and what else could be tried in its place.
#[derive(Debug)]
struct Step {
    candidates: Vec<Place>,
    /// How many of them were tried.
    tried: usize,
    /// What held before the last one tried.
    base: usize,
    high: usize,
    value: u64,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Required(usize),
    Optional(usize),
}

impl Search {
    fn new(operations: &[(usize, Operation)]) -> Self {
        let (mut required, mut optional) = (Vec::new(), Vec::new());
        for &(index, operation) in operations {
            let Operation { action, call, ret, .. } = operation;
            let entry = Entry { index, action, call, deadline: operation.end(), answered: ret.is_some() };
            match (ret, action) {
                (Some(_), _) => required.push(entry),
                // Nobody saw what it read.
                (None, Action::Read(_)) => {}
                (None, _) => optional.push(entry),
            }
        }
        settle(&mut required, &mut optional);
        required.sort_by(|a, b| a.call.total_cmp(&b.call));
        let mut search = Self {
            left: None,
            happened: vec![false; required.len()],
            optional_happened: vec![false; optional.len()],
            required,
            optional,
            base: 0,
            high: 0,
            value: INITIAL,
            visited: BTreeSet::new(),
        };
        let all: Vec<Entry> = search.required.iter().chain(&search.optional).copied().collect();
        if all.iter().all(|entry| !is_cas(entry)) {
            search.left = Some(BTreeMap::new());
            all.iter().for_each(|entry| search.count(entry, 1));
        }
        search
    }

    /// Counts an operation that has yet to happen, or (-1) that has happened.
    fn count(&mut self, entry: &Entry, change: isize) {
        let Some(left) = &mut self.left else { return };
        let (value, is_read) = match entry.action {
            Action::Read(value) => (value, true),
            Action::Write(value) | Action::Cas { new: value, .. } => (value, false),
        };
        let left = left.entry(value).or_default();
        let counter = if is_read { &mut left.reads } else { &mut left.writes };
        *counter = counter.saturating_add_signed(change);
    }

    fn left(&self, value: u64) -> Option<Left> {
        self.left.as_ref().map(|left| left.get(&value).copied().unwrap_or_default())
    }

    fn run(&mut self, limit: u64) -> Found {
        let mut steps: Vec<Step> = Vec::new();
        let mut visited = 0u64;
        loop {
            if self.base == self.required.len() {
                return Found::Order(
                    steps.iter().map(|step| self.entry(step.candidates[step.tried - 1]).index).collect(),
                );
            }
            visited += 1;
            if visited.is_multiple_of(1024) {
                interrupt::checkpoint();
            }
            if visited > limit {
                return Found::GaveUp;
            }
            let candidates = if self.first_visit() { self.candidates() } else { Vec::new() };
            steps.push(Step { candidates, tried: 0, base: self.base, high: self.high, value: self.value });
            // Go on with the newest step that has something left to try.
            loop {
                let Some(step) = steps.last_mut() else { return Found::Nothing };
                if step.tried > 0 {
                    let (place, base, high, value) =
                        (step.candidates[step.tried - 1], step.base, step.high, step.value);
                    self.undo(place);
                    (self.base, self.high, self.value) = (base, high, value);
                }
                if let Some(&place) = step.candidates.get(step.tried) {
                    step.tried += 1;
                    self.happen(place);
                    break;
                }
                steps.pop();
            }
        }
    }

    fn entry(&self, place: Place) -> &Entry {
        match place {
            Place::Required(i) => &self.required[i],
            Place::Optional(i) => &self.optional[i],
        }
    }

    /// What can happen next: whatever was asked before the first answer still owed.
    fn candidates(&self) -> Vec<Place> {
        let mut first_answer = f64::INFINITY;
        let mut asked = Vec::new();
        for i in self.base..self.required.len() {
            let entry = &self.required[i];
            // Later entries were asked later still.
            if entry.call > first_answer {
                break;
            }
            if !self.happened[i] {
                first_answer = first_answer.min(entry.deadline);
                asked.push(Place::Required(i));
            }
        }
        let unanswered = (0..self.optional.len()).filter(|&i| !self.optional_happened[i]);
        asked.extend(unanswered.map(Place::Optional));
        let mut candidates = Vec::new();
        for place in asked {
            let entry = self.entry(place);
            if entry.call > first_answer {
                continue;
            }
            let Some(value) = entry.action.apply(self.value, entry.answered) else { continue };
            // Nobody reads the current value any more, nor will anyone read this one: as well now as later.
            let unread = |value: u64| self.left(value).is_some_and(|left| left.reads == 0);
            if entry.answered
                && matches!(entry.action, Action::Write(_))
                && unread(value)
                && unread(self.value)
            {
                return vec![place];
            }
            // It can happen now and sets nothing: whatever order works, this one may as well come first.
            let only_looks = matches!(entry.action, Action::Read(_) | Action::Cas { done: false, .. });
            if only_looks && entry.answered {
                return vec![place];
            }
            // Without an answer and without an effect it may as well wait.
            if entry.answered || value != self.value {
                candidates.push(place);
            }
        }
        // The current value is still to be read, and nobody will write it again: it must not be replaced.
        if self.left(self.value).is_some_and(|left| left.reads > 0 && left.writes == 0) {
            candidates.clear();
        }
        candidates
    }

    fn happen(&mut self, place: Place) {
        let entry = *self.entry(place);
        self.count(&entry, -1);
        // A candidate can happen, so `apply` has a value.
        self.value = entry.action.apply(self.value, entry.answered).unwrap_or(self.value);
        match place {
            Place::Optional(i) => self.optional_happened[i] = true,
            Place::Required(i) => {
                self.happened[i] = true;
                self.high = self.high.max(i + 1);
                while self.base < self.required.len() && self.happened[self.base] {
                    self.base += 1;
                }
            }
        }
    }

    fn undo(&mut self, place: Place) {
        self.count(&self.entry(place).clone(), 1);
        match place {
            Place::Required(i) => self.happened[i] = false,
            Place::Optional(i) => self.optional_happened[i] = false,
        }
    }

    /// Remembers the configuration; false when it was met before. Everything before `base` happened and
    /// nothing from `high` on did, so that only the bits between are kept: few, when few clients are active.
    fn first_visit(&mut self) -> bool {
        let window = self.happened.get(self.base..self.high).unwrap_or_default();
        let mut key = vec![self.base as u64, self.value];
        for bits in [&self.optional_happened, window] {
            key.extend(
                bits.chunks(64).map(|chunk| {
                    chunk.iter().enumerate().fold(0, |word, (i, &bit)| word | u64::from(bit) << i)
                }),
            );
        }
        self.visited.insert(key.into_boxed_slice())
    }
}

fn is_cas(entry: &Entry) -> bool {
    matches!(entry.action, Action::Cas { .. })
}

/// Reduces what is known of writes without an answer, which otherwise double the work each.
///
/// One whose value nobody saw can be left out: an order with it is also one without it. One whose value was
/// read, and that nobody else wrote, must have happened before the first such read ended.
fn settle(required: &mut Vec<Entry>, optional: &mut Vec<Entry>) {
    // With compare-and-set a value can be seen indirectly.
    if optional.is_empty() || required.iter().chain(optional.iter()).any(is_cas) {
        return;
    }
    let mut kept = Vec::new();
    for entry in optional.iter() {
        let Action::Write(value) = entry.action else { continue };
        let reads = required.iter().filter(|other| other.action == Action::Read(value));
        let Some(deadline) = reads.map(|read| read.deadline).min_by(f64::total_cmp) else { continue };
        let writes = |others: &[Entry]| others.iter().filter(|other| other.action == entry.action).count();
        if value == INITIAL || writes(required) + writes(optional) > 1 || deadline < entry.call {
            kept.push(*entry);
        } else {
            required.push(Entry { deadline, ..*entry });
        }
    }
    *optional = kept;
}
