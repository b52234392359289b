use check::sketch::bloom_filter::*;

struct Bloom {
    words: Vec<u64>,
    bits: u64,
    hashes: u32,
}

impl Bloom {
    /// The bits of a key: `hashes` numbers from 0 up to, not including, `bits`.
    fn positions(&self, key: &[u8]) -> Vec<u64> {
        todo!("use hash::hash_bytes(key, seed)")
    }
}

impl BloomExercise for Bloom {
    fn with_rate(capacity: usize, rate: f64) -> Self {
        todo!("how many bits and hashes?")
    }

    fn insert(&mut self, key: &[u8]) {
        todo!("set the bit of each position")
    }

    fn may_contain(&self, key: &[u8]) -> bool {
        todo!("are all bits of the key set?")
    }

    fn size_bits(&self) -> usize {
        self.words.len() * 64
    }

    fn union(&mut self, other: &Self) -> Result<(), &'static str> {
        todo!("refuse other sizes, then combine word by word")
    }
}
