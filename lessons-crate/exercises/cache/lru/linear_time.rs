use check::cache::lru::*;

struct LruCache {
    /// The newest last.
    entries: Vec<(u64, u64)>,
    capacity: usize,
}

impl LruExercise for LruCache {
    fn new(capacity: usize) -> Self {
        LruCache { entries: Vec::new(), capacity }
    }

    fn get(&mut self, key: u64) -> Option<u64> {
        let place = self.entries.iter().position(|entry| entry.0 == key)?;
        let entry = self.entries.remove(place);
        self.entries.push(entry);
        Some(entry.1)
    }

    fn put(&mut self, key: u64, value: u64) -> Option<(u64, u64)> {
        if let Some(place) = self.entries.iter().position(|entry| entry.0 == key) {
            self.entries.remove(place);
            self.entries.push((key, value));
            return None;
        }
        let evicted = (self.entries.len() == self.capacity).then(|| self.entries.remove(0));
        self.entries.push((key, value));
        evicted
    }

    fn count(&self) -> usize {
        self.entries.len()
    }
}
