//! Histories: what clients asked, what they were told, and when.

use std::fmt;
use std::ops::Range;

use crate::display::{MimeBundle, Render};
use crate::table::Table;

/// The value of a register that nobody has written yet.
pub const INITIAL: u64 = 0;

/// What an operation did, with its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Set the register to this value.
    Write(u64),
    /// Got this value.
    Read(u64),
    /// Compare-and-set: sets `new` when the register holds `expected`, and says whether it did.
    Cas {
        /// The value that must be there.
        expected: u64,
        /// The value to set.
        new: u64,
        /// The answer: whether it was set. Without meaning while the operation is pending.
        done: bool,
    },
}

impl Action {
    /// The register after this action, when it can happen on a register that holds `value`; else `None`.
    ///
    /// A compare-and-set without an answer (`answered` is false) can always happen.
    pub(super) fn apply(self, value: u64, answered: bool) -> Option<u64> {
        match self {
            Self::Write(new) => Some(new),
            Self::Read(found) => (found == value).then_some(value),
            Self::Cas { expected, new, done } => {
                let matches = expected == value;
                (matches == done || !answered).then_some(if matches { new } else { value })
            }
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(value) => write!(f, "write {value}"),
            Self::Read(value) => write!(f, "read {value}"),
            Self::Cas { expected, new, done } => {
                write!(f, "cas {expected} to {new}: {}", if *done { "done" } else { "refused" })
            }
        }
    }
}

/// One operation of one client on one register.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Operation {
    /// Who asked. A client has at most one operation under way.
    pub client: u64,
    /// Which register; histories of one register use 0.
    pub key: u64,
    /// What was asked and answered.
    pub action: Action,
    /// When it was asked, in the unit of the history (milliseconds in this course).
    pub call: f64,
    /// When the answer came; `None` when it never did: the operation may have happened, or may still happen.
    pub ret: Option<f64>,
}

impl Operation {
    /// True when this operation had its answer before the other was asked.
    pub fn precedes(&self, other: &Self) -> bool {
        self.ret.is_some_and(|ret| ret < other.call)
    }

    /// The register after this operation, when it can happen on a register that holds `value`; else `None`: a
    /// read of another value cannot. The meaning of the operations when they come one after the other.
    pub fn apply(&self, value: u64) -> Option<u64> {
        self.action.apply(value, self.ret.is_some())
    }

    /// When it was over; infinite while it is pending.
    pub(super) fn end(&self) -> f64 {
        self.ret.unwrap_or(f64::INFINITY)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "client {}: {}", self.client, self.action)?;
        if self.key != 0 {
            write!(f, " (key {})", self.key)?;
        }
        match self.ret {
            Some(ret) => write!(f, ", {} to {}", time(self.call), time(ret)),
            None => write!(f, ", {} with no answer", time(self.call)),
        }
    }
}

/// A time with at most three digits after the point.
fn time(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// All operations of a run, in any order. Every register starts with [`INITIAL`].
///
/// # Examples
///
/// ```
/// use lessons::consistency::History;
///
/// let history = History::new().write(0, 7, 0.0..2.0).read(1, 7, 1.0..3.0).read(1, 0, 4.0..5.0);
/// assert!(history.linearize().is_err()); // Client 1 saw the new value, and then the old one.
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    operations: Vec<Operation>,
}

impl History {
    /// Nothing happened yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a write on register 0: asked at the start of the time span, answered at its end.
    #[must_use]
    pub fn write(self, client: u64, value: u64, time: Range<f64>) -> Self {
        self.with(client, Action::Write(value), time.start, Some(time.end))
    }

    /// Adds a read of register 0 and the value it returned.
    #[must_use]
    pub fn read(self, client: u64, value: u64, time: Range<f64>) -> Self {
        self.with(client, Action::Read(value), time.start, Some(time.end))
    }

    /// Adds a compare-and-set on register 0, and whether it was done.
    #[must_use]
    pub fn cas(self, client: u64, expected: u64, new: u64, done: bool, time: Range<f64>) -> Self {
        self.with(client, Action::Cas { expected, new, done }, time.start, Some(time.end))
    }

    /// Adds a write on register 0 that was never answered.
    #[must_use]
    pub fn pending_write(self, client: u64, value: u64, call: f64) -> Self {
        self.with(client, Action::Write(value), call, None)
    }

    fn with(mut self, client: u64, action: Action, call: f64, ret: Option<f64>) -> Self {
        self.push(Operation { client, key: 0, action, call, ret });
        self
    }

    /// Adds an operation.
    ///
    /// # Panics
    ///
    /// When a time is not finite, or the answer comes before the question.
    pub fn push(&mut self, operation: Operation) {
        let ret = operation.ret.unwrap_or(operation.call);
        assert!(operation.call.is_finite() && ret.is_finite(), "the times of `{operation}` must be finite");
        assert!(operation.call <= ret, "`{operation}` is answered before it is asked");
        self.operations.push(operation);
    }

    /// The operations, in the order in which they were added.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// How many operations there are.
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// True when nothing happened.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// The operations as a table, in order of their calls.
    pub fn table(&self) -> Table {
        let mut sorted: Vec<&Operation> = self.operations.iter().collect();
        sorted.sort_by(|a, b| a.call.total_cmp(&b.call));
        let mut table = Table::new(["client", "operation", "asked", "answered"]);
        for operation in sorted {
            table.push([
                operation.client.to_string(),
                operation.action.to_string(),
                time(operation.call),
                operation.ret.map_or("never".to_owned(), time),
            ]);
        }
        table
    }

    /// The operations of each client in the order in which it asked them, as indices.
    ///
    /// An operation without an answer ends its session: whatever the same client did next counts as another
    /// session, because nobody knows when, or whether, the unanswered operation happened.
    pub(super) fn sessions(&self) -> Vec<Vec<usize>> {
        let mut by_client: Vec<usize> = (0..self.operations.len()).collect();
        let order = |&index: &usize| {
            let operation = &self.operations[index];
            (operation.client, operation.call, operation.end())
        };
        by_client.sort_by(|a, b| order(a).partial_cmp(&order(b)).unwrap_or(std::cmp::Ordering::Equal));
        let mut sessions: Vec<Vec<usize>> = Vec::new();
        for index in by_client {
            let last = sessions.last().and_then(|session| session.last()).map(|&i| &self.operations[i]);
            let goes_on =
                last.is_some_and(|last| last.client == self.operations[index].client && last.ret.is_some());
            match sessions.last_mut() {
                Some(session) if goes_on => session.push(index),
                _ => sessions.push(vec![index]),
            }
        }
        sessions
    }
}

impl FromIterator<Operation> for History {
    fn from_iter<T: IntoIterator<Item = Operation>>(operations: T) -> Self {
        let mut history = Self::new();
        operations.into_iter().for_each(|operation| history.push(operation));
        history
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table().fmt(f)
    }
}

impl Render for History {
    fn render(&self) -> MimeBundle {
        self.table().render()
    }
}

crate::rich_display!(History);
