//! The last messages of a kernel, for pages that were away.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;

/// No more messages are kept than this: a page away during a long flood gets its end.
const MESSAGES_MAX: usize = 2000;
/// Nor more text than this, in bytes; one larger message is kept all the same.
const BYTES_MAX: usize = 16 << 20;

/// One message of a kernel.
#[derive(Debug)]
pub(super) struct Delivery {
    /// Counts the kernel's messages, from 1.
    pub(super) number: u64,
    /// The client session that asked, if the message is for that one only.
    pub(super) audience: Option<String>,
    /// The message in its JSON form.
    pub(super) text: Utf8Bytes,
}

/// A queue with two limits.
#[derive(Debug, Default)]
pub(super) struct Recent {
    kept: VecDeque<Arc<Delivery>>,
    bytes: usize,
    last: u64,
}

impl Recent {
    /// The number of the newest message, 0 before the first.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    pub(super) fn push(&mut self, audience: Option<String>, text: Utf8Bytes) -> Arc<Delivery> {
        self.last += 1;
        self.bytes += text.len();
        let delivery = Arc::new(Delivery { number: self.last, audience, text });
        self.kept.push_back(Arc::clone(&delivery));
        while self.kept.len() > MESSAGES_MAX || (self.bytes > BYTES_MAX && self.kept.len() > 1) {
            self.bytes -= self.kept.pop_front().map_or(0, |dropped| dropped.text.len());
        }
        delivery
    }

    /// What came after message `number`: how much of it is gone, and the rest.
    pub(super) fn after(&self, number: u64) -> (u64, impl Iterator<Item = &Arc<Delivery>>) {
        let first = self.kept.front().map_or(self.last + 1, |delivery| delivery.number);
        let gone = first.saturating_sub(number + 1);
        (gone, self.kept.iter().filter(move |delivery| delivery.number > number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(recent: &Recent, after: u64) -> (u64, Vec<u64>) {
        let (gone, rest) = recent.after(after);
        (gone, rest.map(|delivery| delivery.number).collect())
    }

    #[test]
    fn what_was_missed() {
        let mut recent = Recent::default();
        assert_eq!(numbers(&recent, 0), (0, vec![]));
        for _ in 0..3 {
            recent.push(None, "message".into());
        }
        assert_eq!(numbers(&recent, 0), (0, vec![1, 2, 3]));
        assert_eq!(numbers(&recent, 2), (0, vec![3]));
        assert_eq!(numbers(&recent, 3), (0, vec![]));
    }

    #[test]
    fn the_oldest_go_first() {
        let mut recent = Recent::default();
        for _ in 0..MESSAGES_MAX + 5 {
            recent.push(None, "message".into());
        }
        let (gone, rest) = numbers(&recent, 2);
        assert_eq!((gone, rest.len(), rest[0]), (3, MESSAGES_MAX, 6));
    }

    #[test]
    fn large_messages_push_others_out_but_stay_themselves() {
        let mut recent = Recent::default();
        recent.push(None, "small".into());
        recent.push(None, "x".repeat(BYTES_MAX + 1).into());
        assert_eq!(numbers(&recent, 0), (1, vec![2]));
        recent.push(None, "small".into());
        assert_eq!(numbers(&recent, 0), (2, vec![3]));
        assert_eq!(recent.bytes, 5);
    }
}
