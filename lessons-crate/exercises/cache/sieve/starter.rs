use check::cache::sieve::*;

struct SieveCache {
    /// Key and whether it was visited; the oldest first, so new keys are pushed at the end.
    queue: Vec<(u64, bool)>,
    /// Where the search for a victim goes on: a place in the queue.
    hand: usize,
    capacity: usize,
}

impl SieveExercise for SieveCache {
    fn new(capacity: usize) -> Self {
        todo!("an empty queue, the hand at its start")
    }

    fn get(&mut self, key: u64) -> bool {
        todo!("set the bit of the key, and move nothing")
    }

    fn insert(&mut self, key: u64) -> Option<u64> {
        todo!("when it is full, the hand looks for a key without a bit, from where it stopped")
    }
}
