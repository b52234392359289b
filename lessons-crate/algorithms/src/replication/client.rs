//! One client: it asks its operations one after the other, and remembers the answers.

use std::collections::VecDeque;

use super::message::{Message, Request, Response};
use crate::network::{NodeId, Outbox};

/// Between an answer and the next question, at least; in milliseconds. So that real time orders the two.
const PAUSE: f64 = 0.001;
/// The timer that starts the next operation; all others are the number of the operation that takes too long.
const START: u64 = u64::MAX;

/// An operation that a client will ask for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Planned {
    /// Its number, unique in the run.
    pub(super) id: u64,
    pub(super) replica: NodeId,
    pub(super) request: Request,
    /// Not before this time, and not before so long after the answer to the one before.
    pub(super) at: f64,
    pub(super) think: f64,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) planned: Planned,
    pub(super) call: f64,
    /// The answer and when it came.
    pub(super) answer: Option<(f64, Response)>,
}

#[derive(Debug)]
pub(super) struct Client {
    plan: VecDeque<Planned>,
    /// How long it waits for an answer before it goes on without.
    patience: f64,
    waiting: bool,
    pub(super) asked: Vec<Asked>,
}

impl Client {
    pub(super) fn new(plan: VecDeque<Planned>, patience: f64) -> Self {
        Self { plan, patience, waiting: false, asked: Vec::new() }
    }

    /// When its first operation starts, and the timer that starts it.
    pub(super) fn first(&self) -> Option<(f64, u64)> {
        self.plan.front().map(|first| (first.at.max(first.think), START))
    }

    pub(super) fn receive(&mut self, message: Message, out: &mut Outbox<Message>) {
        let Message::Answer(id, response) = message else { return };
        if let Some(last) = self.asked.last_mut().filter(|last| self.waiting && last.planned.id == id) {
            last.answer = Some((out.now(), response));
            self.plan_next(out);
        }
    }

    pub(super) fn wake(&mut self, timer: u64, out: &mut Outbox<Message>) {
        if timer != START {
            if self.waiting && self.asked.last().is_some_and(|last| last.planned.id == timer) {
                self.plan_next(out);
            }
        } else if let Some(planned) = self.plan.pop_front() {
            self.waiting = true;
            self.asked.push(Asked { planned, call: out.now(), answer: None });
            out.send(planned.replica, Message::Ask(planned.id, planned.request));
            out.wake_after(self.patience, planned.id);
        }
    }

    fn plan_next(&mut self, out: &mut Outbox<Message>) {
        self.waiting = false;
        if let Some(next) = self.plan.front() {
            out.wake_after((next.at - out.now()).max(next.think).max(PAUSE), START);
        }
    }
}
