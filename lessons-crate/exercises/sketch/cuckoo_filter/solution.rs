use check::sketch::cuckoo_filter::*;

struct Cuckoo {
    buckets: Vec<[u8; 4]>,
    rng: Rng,
}

impl Cuckoo {
    /// The fingerprint, never 0, and the first bucket.
    fn place(&self, key: u64) -> (u8, usize) {
        let hash = hash::hash_u64(key, 0);
        let fingerprint = 1 + (hash % 255) as u8;
        (fingerprint, (hash >> 32) as usize % self.buckets.len())
    }

    fn other(&self, bucket: usize, fingerprint: u8) -> usize {
        (bucket ^ hash::mix64(u64::from(fingerprint)) as usize) % self.buckets.len()
    }

    fn slot(&self, bucket: usize, content: u8) -> Option<usize> {
        self.buckets[bucket].iter().position(|slot| *slot == content)
    }
}

impl DeletableExercise for Cuckoo {
    fn with_buckets(buckets: usize) -> Self {
        Cuckoo { buckets: vec![[0; 4]; buckets], rng: Rng::new(1) }
    }

    fn insert(&mut self, key: u64) -> bool {
        let (mut fingerprint, first) = self.place(key);
        let second = self.other(first, fingerprint);
        let mut bucket = if self.slot(first, 0).is_some() { first } else { second };
        let mut moves = Vec::new();
        while moves.len() < 500 {
            if let Some(empty) = self.slot(bucket, 0) {
                self.buckets[bucket][empty] = fingerprint;
                return true;
            }
            let slot = self.rng.index(4);
            let evicted = self.buckets[bucket][slot];
            self.buckets[bucket][slot] = fingerprint;
            moves.push((bucket, slot, evicted));
            fingerprint = evicted;
            bucket = self.other(bucket, fingerprint);
        }
        for (bucket, slot, evicted) in moves.into_iter().rev() {
            self.buckets[bucket][slot] = evicted;
        }
        false
    }

    fn may_contain(&self, key: u64) -> bool {
        let (fingerprint, first) = self.place(key);
        let second = self.other(first, fingerprint);
        self.slot(first, fingerprint).is_some() || self.slot(second, fingerprint).is_some()
    }

    fn remove(&mut self, key: u64) -> bool {
        let (fingerprint, first) = self.place(key);
        for bucket in [first, self.other(first, fingerprint)] {
            if let Some(slot) = self.slot(bucket, fingerprint) {
                self.buckets[bucket][slot] = 0;
                return true;
            }
        }
        false
    }
}
