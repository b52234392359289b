struct Cuckoo {
    buckets: Vec<[u8; 4]>,
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
        Cuckoo { buckets: vec![[0; 4]; buckets] }
    }

    fn insert(&mut self, key: u64) -> bool {
        let (fingerprint, first) = self.place(key);
        let second = self.other(first, fingerprint);
        for bucket in [first, second] {
            if let Some(empty) = self.slot(bucket, 0) {
                self.buckets[bucket][empty] = fingerprint;
                return true;
            }
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
