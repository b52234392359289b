use check::cache::lru::*;
use std::collections::HashMap;

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
    fn unlink(&mut self, slot: usize) {
        let (newer, older) = (self.entries[slot].newer, self.entries[slot].older);
        match newer {
            Some(newer) => self.entries[newer].older = older,
            None => self.newest = older,
        }
        match older {
            Some(older) => self.entries[older].newer = newer,
            None => self.oldest = newer,
        }
    }

    fn link_newest(&mut self, slot: usize) {
        self.entries[slot].newer = None;
        self.entries[slot].older = self.newest;
        match self.newest {
            Some(newest) => self.entries[newest].newer = Some(slot),
            None => self.oldest = Some(slot),
        }
        self.newest = Some(slot);
    }
}

impl LruExercise for LruCache {
    fn new(capacity: usize) -> Self {
        LruCache { slots: HashMap::new(), entries: Vec::new(), newest: None, oldest: None, capacity }
    }

    fn get(&mut self, key: u64) -> Option<u64> {
        let slot = *self.slots.get(&key)?;
        self.unlink(slot);
        self.link_newest(slot);
        Some(self.entries[slot].value)
    }

    fn put(&mut self, key: u64, value: u64) -> Option<(u64, u64)> {
        if let Some(&slot) = self.slots.get(&key) {
            self.entries[slot].value = value;
            self.unlink(slot);
            self.link_newest(slot);
            return None;
        }
        if self.entries.len() < self.capacity {
            self.entries.push(Entry { key, value, newer: None, older: None });
            let slot = self.entries.len() - 1;
            self.slots.insert(key, slot);
            self.link_newest(slot);
            return None;
        }
        // The oldest leaves, and its slot is used again.
        let slot = self.oldest?;
        self.unlink(slot);
        let evicted = (self.entries[slot].key, self.entries[slot].value);
        self.slots.remove(&evicted.0);
        self.entries[slot].key = key;
        self.entries[slot].value = value;
        self.slots.insert(key, slot);
        self.link_newest(slot);
        Some(evicted)
    }

    fn count(&self) -> usize {
        self.slots.len()
    }
}
