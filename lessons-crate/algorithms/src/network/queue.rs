//! What is under way, in order of time.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::{Fault, NodeId};

/// Something that will happen.
#[derive(Debug)]
pub(super) enum Event<M> {
    Arrival {
        from: NodeId,
        to: NodeId,
        /// Its place in the trace, when it has one.
        record: Option<usize>,
        message: M,
    },
    Timer {
        node: NodeId,
        /// In which life of the node it was set.
        life: u64,
        timer: u64,
    },
    Fault(Fault),
}

#[derive(Debug)]
struct Scheduled<M> {
    time: f64,
    /// Makes the order of equal times the same in every run: first come, first served.
    number: u64,
    event: Event<M>,
}

impl<M> Ord for Scheduled<M> {
    /// The earliest is the greatest, for the heap.
    fn cmp(&self, other: &Self) -> Ordering {
        other.time.total_cmp(&self.time).then(other.number.cmp(&self.number))
    }
}

impl<M> PartialOrd for Scheduled<M> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<M> PartialEq for Scheduled<M> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<M> Eq for Scheduled<M> {}

/// Events by time. O(log n) for each.
#[derive(Debug)]
pub(super) struct Queue<M> {
    heap: BinaryHeap<Scheduled<M>>,
    pushed: u64,
}

impl<M> Queue<M> {
    pub(super) fn new() -> Self {
        Self { heap: BinaryHeap::new(), pushed: 0 }
    }

    pub(super) fn push(&mut self, time: f64, event: Event<M>) {
        self.heap.push(Scheduled { time, number: self.pushed, event });
        self.pushed += 1;
    }

    /// The next event, unless it is later than `end`.
    pub(super) fn pop_until(&mut self, end: f64) -> Option<(f64, Event<M>)> {
        if self.heap.peek()?.time > end {
            return None;
        }
        self.heap.pop().map(|next| (next.time, next.event))
    }
}
