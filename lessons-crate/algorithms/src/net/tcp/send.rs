//! The sending half: what is under way, what is lost, and when to send again.

use std::collections::VecDeque;
use std::time::Duration;

use super::place;
use crate::net::congestion::Congestion;
use crate::net::rto::RtoEstimator;

/// So many segments sent later must have arrived before one counts as lost (RFC 6675, DupThresh).
const LATER_ARRIVALS: usize = 3;

/// A stretch of the stream that was sent and is not acknowledged yet.
#[derive(Clone, Debug)]
struct Flight {
    start: u64,
    end: u64,
    sent: Duration,
    /// Counts transmissions: which of two was sent later.
    order: u64,
    repeated: bool,
    arrived: bool,
    lost: bool,
}

/// A stretch to be sent now.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) start: u64,
    pub(super) data: Vec<u8>,
    pub(super) syn: bool,
    pub(super) fin: bool,
}

/// The stream that goes out. Places: 0 is the SYN, then the data, then the FIN.
#[derive(Clone, Debug)]
pub(super) struct Send {
    pub(super) initial: u32,
    /// Data from `buffered_from` on that is not acknowledged.
    buffer: VecDeque<u8>,
    buffered_from: u64,
    /// The first place that is not acknowledged.
    pub(super) unacknowledged: u64,
    /// The first place that was never sent.
    next: u64,
    fin: Option<u64>,
    /// How many bytes beyond `unacknowledged` the other side takes.
    pub(super) window: u64,
    flights: VecDeque<Flight>,
    transmissions: u64,
    /// Losses before this place belong to a loss that the window has paid for.
    recovers_at: u64,
    pub(super) control: Box<dyn Congestion>,
    pub(super) rto: RtoEstimator,
    pub(super) timer: Option<Duration>,
    /// Timeouts since something was acknowledged.
    pub(super) timeouts_in_a_row: u32,
    pub(super) timeouts: u64,
    pub(super) repeated: u64,
    segment: u64,
}

impl Send {
    pub(super) fn new(initial: u32, segment: u32, control: Box<dyn Congestion>, rto: RtoEstimator) -> Self {
        Self {
            initial,
            buffer: VecDeque::new(),
            buffered_from: 1,
            unacknowledged: 0,
            next: 0,
            fin: None,
            window: 1,
            flights: VecDeque::new(),
            transmissions: 0,
            recovers_at: 0,
            control,
            rto,
            timer: None,
            timeouts_in_a_row: 0,
            timeouts: 0,
            repeated: 0,
            segment: u64::from(segment.max(1)),
        }
    }

    pub(super) fn queue(&mut self, data: &[u8]) {
        self.buffer.extend(data);
    }

    /// No data will follow.
    pub(super) fn close(&mut self) {
        self.fin = Some(self.buffered_from + self.buffer.len() as u64);
    }

    /// Whether the SYN was acknowledged.
    pub(super) fn is_open(&self) -> bool {
        self.unacknowledged > 0
    }

    /// Whether the FIN was acknowledged.
    pub(super) fn is_ended(&self) -> bool {
        self.fin.is_some_and(|fin| self.unacknowledged > fin)
    }

    pub(super) fn number(&self, at: u64) -> u32 {
        self.initial.wrapping_add(at as u32)
    }

    pub(super) fn next_number(&self) -> u32 {
        self.number(self.next)
    }

    /// The place that an acknowledgment means, if it is of something that was sent.
    pub(super) fn acknowledges(&self, number: u32) -> Option<u64> {
        place(number, self.initial, self.unacknowledged).filter(|at| *at <= self.next)
    }

    /// Everything before `at` has arrived, and these blocks beyond it.
    pub(super) fn acknowledged(&mut self, now: Duration, at: u64, sack: &[(u32, u32)]) {
        let mut fresh = 0;
        let mut sample = None;
        let mut arrived = |flight: &Flight| {
            // The SYN says nothing about how much the path can carry (RFC 5681, section 3.1).
            fresh += u32::from(flight.start > 0);
            if !flight.repeated {
                sample = Some(now.saturating_sub(flight.sent));
            }
        };
        while self.flights.front().is_some_and(|flight| flight.end <= at) {
            let flight = self.flights.pop_front().expect("there is one");
            if !flight.arrived {
                arrived(&flight);
            }
        }
        // A part of a segment may be acknowledged, by who has room for no more.
        if let Some(first) = self.flights.front_mut() {
            first.start = first.start.max(at);
        }
        for (from, to) in sack {
            let near = self.unacknowledged;
            let (Some(from), Some(to)) = (place(*from, self.initial, near), place(*to, self.initial, near))
            else {
                continue;
            };
            let inside = |flight: &&mut Flight| !flight.arrived && from <= flight.start && flight.end <= to;
            for flight in self.flights.iter_mut().filter(inside) {
                arrived(flight);
                (flight.arrived, flight.lost) = (true, false);
            }
        }
        if at > self.unacknowledged {
            let data = at.min(self.buffered_from + self.buffer.len() as u64);
            self.buffer.drain(..data.saturating_sub(self.buffered_from) as usize);
            self.buffered_from = self.buffered_from.max(data);
            self.unacknowledged = at;
            self.timeouts_in_a_row = 0;
            self.timer = None;
        }
        if let Some(sample) = sample {
            self.rto.on_sample(sample, false);
        }
        if fresh > 0 {
            let round_trip = self.rto.smoothed().unwrap_or(self.rto.rto());
            self.control.acknowledged(f64::from(fresh), now, round_trip);
        }
        self.find_losses(now);
        if self.timer.is_none() && !self.flights.is_empty() {
            self.timer = Some(now + self.rto.rto());
        }
    }

    /// What was sent before three others that have arrived is lost.
    fn find_losses(&mut self, now: Duration) {
        let mut orders: Vec<u64> =
            self.flights.iter().filter(|flight| flight.arrived).map(|flight| flight.order).collect();
        orders.sort_unstable_by(|one, other| other.cmp(one));
        let Some(&third) = orders.get(LATER_ARRIVALS - 1) else { return };
        let mut new = false;
        for flight in self.flights.iter_mut().filter(|flight| !flight.arrived && !flight.lost) {
            if flight.order < third {
                flight.lost = true;
                new |= flight.start >= self.recovers_at;
            }
        }
        if new {
            self.control.lost(now);
            self.recovers_at = self.next;
        }
    }

    /// The timer expired: everything that did not arrive counts as lost.
    pub(super) fn timed_out(&mut self, now: Duration) {
        self.rto.on_timeout();
        self.control.timed_out(now);
        self.flights.iter_mut().filter(|flight| !flight.arrived).for_each(|flight| flight.lost = true);
        self.recovers_at = self.next;
        self.timer = None;
        self.timeouts += 1;
        self.timeouts_in_a_row += 1;
    }

    /// Sends the SYN again, with the acknowledgment that it has now.
    pub(super) fn repeat_syn(&mut self) {
        self.flights.iter_mut().for_each(|flight| flight.lost = true);
    }

    /// What may be sent now: first what is lost, then what is new. Before the handshake is over, only the SYN.
    pub(super) fn pieces(&mut self, now: Duration, open: bool) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let allowed = (self.control.window() * self.segment as f64) as u64;
        let under_way = |flight: &&Flight| !flight.arrived && !flight.lost;
        let mut pipe: u64 =
            self.flights.iter().filter(under_way).map(|flight| flight.end - flight.start).sum();
        for index in 0..self.flights.len() {
            let Flight { start, end, lost, .. } = self.flights[index];
            if !lost || (pipe > 0 && pipe + (end - start) > allowed) {
                continue;
            }
            pipe += end - start;
            self.transmissions += 1;
            self.repeated += 1;
            let order = self.transmissions;
            let flight = &mut self.flights[index];
            (flight.lost, flight.repeated, flight.sent, flight.order) = (false, true, now, order);
            pieces.push(self.piece(start, end));
        }
        while let Some(end) = self.next_end(open) {
            let start = self.next;
            let fits = end <= self.unacknowledged + self.window || start == 0;
            if !fits || (pipe > 0 && pipe + (end - start) > allowed) {
                break;
            }
            pipe += end - start;
            self.transmissions += 1;
            let (sent, order) = (now, self.transmissions);
            let flight = Flight { start, end, sent, order, repeated: false, arrived: false, lost: false };
            self.flights.push_back(flight);
            self.next = end;
            pieces.push(self.piece(start, end));
        }
        if !pieces.is_empty() && self.timer.is_none() {
            self.timer = Some(now + self.rto.rto());
        }
        pieces
    }

    /// Where the next new segment would end, if there is anything to send.
    fn next_end(&self, open: bool) -> Option<u64> {
        let data_end = self.buffered_from + self.buffer.len() as u64;
        match self.next {
            0 => Some(1),
            _ if !open => None,
            at if at < data_end => Some(data_end.min(at + self.segment)),
            at if self.fin == Some(at) => Some(at + 1),
            _ => None,
        }
    }

    fn piece(&self, start: u64, end: u64) -> Piece {
        let (syn, fin) = (start == 0, self.fin == Some(start));
        let data = if syn || fin {
            Vec::new()
        } else {
            let from = (start - self.buffered_from) as usize;
            self.buffer.range(from..from + (end - start) as usize).copied().collect()
        };
        Piece { start, data, syn, fin }
    }
}
