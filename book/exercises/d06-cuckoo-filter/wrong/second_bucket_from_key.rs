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

    /// The second bucket of a key, from a hash of its own.
    fn second(&self, key: u64) -> usize {
        hash::hash_u64(key, 1) as usize % self.buckets.len()
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
        let second = self.second(key);
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
            // The key of the evicted fingerprint is not known, so its fingerprint stands in for it.
            bucket = self.second(u64::from(fingerprint));
        }
        for (bucket, slot, evicted) in moves.into_iter().rev() {
            self.buckets[bucket][slot] = evicted;
        }
        false
    }

    fn may_contain(&self, key: u64) -> bool {
        let (fingerprint, first) = self.place(key);
        let second = self.second(key);
        self.slot(first, fingerprint).is_some() || self.slot(second, fingerprint).is_some()
    }

    fn remove(&mut self, key: u64) -> bool {
        let (fingerprint, first) = self.place(key);
        for bucket in [first, self.second(key)] {
            if let Some(slot) = self.slot(bucket, fingerprint) {
                self.buckets[bucket][slot] = 0;
                return true;
            }
        }
        false
    }
}
