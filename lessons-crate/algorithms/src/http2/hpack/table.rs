//! The table of both sides: what everybody has, then what was sent, the newest first.

use std::collections::VecDeque;

use super::{Field, STATIC_TABLE};

#[derive(Clone, Debug)]
pub(super) struct Table {
    /// The newest first.
    sent: VecDeque<Field>,
    /// The sum of their sizes. Invariant: at most `max_bytes`.
    bytes: usize,
    max_bytes: usize,
}

impl Table {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { sent: VecDeque::new(), bytes: 0, max_bytes }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The field of an index, from 1.
    pub(super) fn get(&self, index: usize) -> Option<Field> {
        match STATIC_TABLE.get(index.checked_sub(1)?) {
            Some((name, value)) => Some(Field::new(name, value)),
            None => self.sent.get(index - 1 - STATIC_TABLE.len()).cloned(),
        }
    }

    /// The lowest indexes of the whole field, and of its name.
    pub(super) fn find(&self, field: &Field) -> (Option<usize>, Option<usize>) {
        let fixed = STATIC_TABLE.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let sent = self.sent.iter().map(|field| (field.name.as_slice(), field.value.as_slice()));
        let mut name = None;
        for (at, entry) in fixed.chain(sent).enumerate().filter(|(_, entry)| entry.0 == field.name) {
            name = name.or(Some(at + 1));
            if entry.1 == field.value {
                return (Some(at + 1), name);
            }
        }
        (None, name)
    }

    /// Adds a field; the oldest make room. One that is larger than the table empties it.
    pub(super) fn insert(&mut self, field: Field) {
        let size = field.size_bytes();
        self.shrink_to(self.max_bytes.saturating_sub(size));
        if size <= self.max_bytes {
            self.bytes += size;
            self.sent.push_front(field);
        }
    }

    pub(super) fn resize(&mut self, max_bytes: usize) {
        self.max_bytes = max_bytes;
        self.shrink_to(max_bytes);
    }

    fn shrink_to(&mut self, bytes: usize) {
        while self.bytes > bytes {
            let oldest = self.sent.pop_back();
            self.bytes -= oldest.map_or(self.bytes, |field| field.size_bytes());
        }
    }
}
