use check::cache::sieve::*;

struct SieveCache {
    /// The oldest first.
    queue: Vec<(u64, bool)>,
    hand: usize,
    capacity: usize,
}

impl SieveExercise for SieveCache {
    fn new(capacity: usize) -> Self {
        SieveCache { queue: Vec::new(), hand: 0, capacity }
    }

    fn get(&mut self, key: u64) -> bool {
        match self.queue.iter_mut().find(|entry| entry.0 == key) {
            Some(entry) => {
                entry.1 = true;
                true
            }
            None => false,
        }
    }

    fn insert(&mut self, key: u64) -> Option<u64> {
        let mut evicted = None;
        if self.queue.len() == self.capacity {
            while self.queue[self.hand].1 {
                self.queue[self.hand].1 = false;
                self.hand = (self.hand + 1) % self.capacity;
            }
            // The next newer key moves up into this place, so the hand is on it already.
            evicted = Some(self.queue.remove(self.hand).0);
            if self.hand == self.queue.len() {
                self.hand = 0;
            }
        }
        self.queue.push((key, false));
        evicted
    }
}
