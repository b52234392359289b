//! What happened while a client was away.

use std::collections::VecDeque;

/// The answer to a client that comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resume<T> {
    /// Everything after the number that it named, in order: no gap, nothing twice.
    Events(Vec<(u64, T)>),
    /// Some of it is not kept any more, or the number was never given out (the server began anew): the client must load
    /// the whole state, and go on from this number.
    Reload {
        /// The last number that was given out.
        from: u64,
    },
}

/// The last events by sequence number, as many as fit.
///
/// # Complexity
///
/// O(1) for an event, O(log n + answer) to resume.
///
/// # Examples
///
/// ```
/// use lessons::websocket::{ReplayLog, Resume};
///
/// let mut log = ReplayLog::with_capacity(2);
/// for (sequence, text) in [(1, "a"), (2, "b"), (3, "c")] {
///     log.push(sequence, text);
/// }
/// assert_eq!(log.after(1), Resume::Events(vec![(2, "b"), (3, "c")]));
/// assert_eq!(log.after(3), Resume::Events(vec![]));
/// assert_eq!(log.after(0), Resume::Reload { from: 3 }, "a is not kept any more");
/// assert_eq!(log.after(9), Resume::Reload { from: 3 }, "9 was never given out");
/// ```
///
/// # Sources
///
/// "Server-sent events" (`Last-Event-ID`), HTML Living Standard, WHATWG, read 2026.
#[derive(Clone, Debug)]
pub struct ReplayLog<T> {
    capacity: usize,
    events: VecDeque<(u64, T)>,
    /// The highest number that is not kept any more.
    forgotten: u64,
    last: u64,
}

impl<T: Clone> ReplayLog<T> {
    /// An empty one that keeps so many events.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { capacity, events: VecDeque::new(), forgotten: 0, last: 0 }
    }

    /// The next event.
    ///
    /// # Panics
    ///
    /// When its number is not higher than the one before.
    pub fn push(&mut self, sequence: u64, event: T) {
        assert!(sequence > self.last, "sequence {sequence} after {}: numbers only grow", self.last);
        self.last = sequence;
        self.events.push_back((sequence, event));
        while self.events.len() > self.capacity {
            self.forgotten = self.events.pop_front().map_or(self.forgotten, |(sequence, _)| sequence);
        }
    }

    /// What came after a number.
    pub fn after(&self, seen: u64) -> Resume<T> {
        if seen < self.forgotten || seen > self.last {
            return Resume::Reload { from: self.last };
        }
        let start = self.events.partition_point(|(sequence, _)| *sequence <= seen);
        Resume::Events(self.events.range(start..).cloned().collect())
    }

    /// The last number that was given out.
    pub fn last(&self) -> u64 {
        self.last
    }
}
