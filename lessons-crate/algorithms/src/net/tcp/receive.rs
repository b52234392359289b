//! The receiving half: from segments in any order to a stream.

use std::collections::BTreeMap;

use super::place;

/// The most blocks that fit into the options of a segment with timestamps (RFC 2018, section 3).
const SACK_BLOCKS: usize = 3;

/// What has come, in order, and what is parked until the gap before it is filled.
#[derive(Clone, Debug)]
pub(super) struct Receive {
    /// The other side's first number, which is that of its SYN.
    pub(super) initial: u32,
    /// The place that is expected next. Everything before has been delivered.
    pub(super) next: u64,
    /// What came beyond it, by place. Invariant: blocks do not overlap, and lie within the window.
    parked: BTreeMap<u64, Vec<u8>>,
    /// The place of the FIN, once it came.
    fin: Option<u64>,
    /// How many bytes beyond `next` are taken.
    capacity: u64,
    /// The place of what came last, for the order of the blocks in an acknowledgment.
    latest: u64,
    /// What the application has been given.
    pub(super) delivered: Vec<u8>,
}

impl Receive {
    pub(super) fn new(capacity: u32) -> Self {
        Self {
            initial: 0,
            next: 0,
            parked: BTreeMap::new(),
            fin: None,
            capacity: u64::from(capacity),
            latest: 0,
            delivered: Vec::new(),
        }
    }

    /// The SYN came.
    pub(super) fn start(&mut self, initial: u32) {
        (self.initial, self.next) = (initial, 1);
    }

    /// How many bytes it takes beyond what it has in order.
    pub(super) fn capacity(&self) -> u32 {
        self.capacity as u32
    }

    /// The place of a sequence number.
    pub(super) fn place(&self, sequence: u32) -> Option<u64> {
        place(sequence, self.initial, self.next)
    }

    /// The number that is expected next.
    pub(super) fn acknowledgment(&self) -> u32 {
        self.initial.wrapping_add(self.next as u32)
    }

    /// Takes data that begins at a place. What came before, or lies beyond the window, is left out.
    pub(super) fn data(&mut self, start: u64, data: &[u8]) {
        let end =
            (start + data.len() as u64).min(self.next + self.capacity).min(self.fin.unwrap_or(u64::MAX));
        let (mut from, begin) = (start.max(self.next), start);
        self.latest = from;
        while from < end {
            // What is parked already stays: the pieces between are new.
            let before = self.parked.range(..=from).next_back();
            let covered = before.map_or(0, |(at, block)| at + block.len() as u64);
            from = from.max(covered);
            let until = self.parked.range(from..).next().map_or(end, |(at, _)| end.min(*at));
            if from < until {
                self.parked.insert(from, data[(from - begin) as usize..(until - begin) as usize].to_vec());
            }
            from = until.max(from + 1);
        }
        while let Some(block) = self.parked.remove(&self.next) {
            self.next += block.len() as u64;
            self.delivered.extend(block);
        }
    }

    /// The FIN stands at this place. What was parked behind it is no data of an honest peer.
    pub(super) fn fin(&mut self, at: u64) {
        if at >= self.next && at <= self.next + self.capacity && self.fin.is_none() {
            self.fin = Some(at);
            self.parked.retain(|start, block| start + block.len() as u64 <= at);
        }
    }

    /// Whether everything up to the FIN has come; true once.
    pub(super) fn ends(&mut self) -> bool {
        let ends = self.fin == Some(self.next);
        self.next += u64::from(ends);
        ends
    }

    /// The blocks that came beyond the gap; the one with what came last is the first.
    pub(super) fn sack(&self) -> Vec<(u32, u32)> {
        let mut blocks: Vec<(u64, u64)> = Vec::new();
        for (start, block) in &self.parked {
            let end = start + block.len() as u64;
            match blocks.last_mut() {
                Some((_, last)) if *last == *start => *last = end,
                _ => blocks.push((*start, end)),
            }
        }
        blocks
            .sort_by_key(|(start, end)| (!(*start..*end).contains(&self.latest), std::cmp::Reverse(*start)));
        let number = |place: u64| self.initial.wrapping_add(place as u32);
        blocks.into_iter().take(SACK_BLOCKS).map(|(start, end)| (number(start), number(end))).collect()
    }
}
