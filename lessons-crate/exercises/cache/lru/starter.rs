use check::cache::lru::*;
use std::collections::HashMap;

/// One entry: its neighbors are slots too, so nothing is ever shifted.
struct Entry {
    key: u64,
    value: u64,
    newer: Option<usize>,
    older: Option<usize>,
}

struct LruCache {
    slots: HashMap<u64, usize>,
    entries: Vec<Entry>,
    newest: Option<usize>,
    oldest: Option<usize>,
    capacity: usize,
}

impl LruCache {
    /// Takes a slot out of the list: its neighbors become neighbors.
    fn unlink(&mut self, slot: usize) {
        todo!("also `newest` and `oldest`, when it is one of them")
    }

    /// Puts a slot in front of all others.
    fn link_newest(&mut self, slot: usize) {
        todo!("the first slot of an empty list is the oldest, too")
    }
}

impl LruExercise for LruCache {
    fn new(capacity: usize) -> Self {
        todo!("an empty cache")
    }

    fn get(&mut self, key: u64) -> Option<u64> {
        todo!("find the slot, make it the newest, give the value")
    }

    fn put(&mut self, key: u64, value: u64) -> Option<(u64, u64)> {
        todo!("is it there already? is there room? else the oldest leaves, and its slot is used again")
    }

    fn count(&self) -> usize {
        self.slots.len()
    }
}
