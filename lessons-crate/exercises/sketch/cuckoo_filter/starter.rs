use check::sketch::cuckoo_filter::*;

struct Cuckoo {
    /// Four fingerprints per bucket; 0 is an empty slot.
    buckets: Vec<[u8; 4]>,
    rng: Rng,
}

impl Cuckoo {
    /// The fingerprint, never 0, and the first bucket.
    fn place(&self, key: u64) -> (u8, usize) {
        let hash = hash::hash_u64(key, 0);
        todo!("different bits of the hash for each")
    }

    /// The other bucket of a fingerprint; applied twice, it must lead back.
    fn other(&self, bucket: usize, fingerprint: u8) -> usize {
        todo!("from the bucket and the fingerprint alone")
    }
}

impl DeletableExercise for Cuckoo {
    fn with_buckets(buckets: usize) -> Self {
        Cuckoo { buckets: vec![[0; 4]; buckets], rng: Rng::new(1) }
    }

    fn insert(&mut self, key: u64) -> bool {
        todo!("an empty slot in either bucket, or move others until there is one")
    }

    fn may_contain(&self, key: u64) -> bool {
        todo!()
    }

    fn remove(&mut self, key: u64) -> bool {
        todo!()
    }
}
