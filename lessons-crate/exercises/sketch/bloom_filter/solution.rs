use check::sketch::bloom_filter::*;
use std::f64::consts::LN_2;

struct Bloom {
    words: Vec<u64>,
    bits: u64,
    hashes: u32,
}

impl Bloom {
    fn positions(&self, key: &[u8]) -> Vec<u64> {
        let h1 = hash::hash_bytes(key, 1);
        // Odd, so that the positions never stand still.
        let h2 = hash::hash_bytes(key, 2) | 1;
        (0..u64::from(self.hashes)).map(|i| h1.wrapping_add(i.wrapping_mul(h2)) % self.bits).collect()
    }
}

impl BloomExercise for Bloom {
    fn with_rate(capacity: usize, rate: f64) -> Self {
        let bits_per_key = -rate.ln() / (LN_2 * LN_2);
        let bits = (capacity as f64 * bits_per_key).ceil() as u64;
        let hashes = ((bits_per_key * LN_2).round() as u32).max(1);
        Bloom { words: vec![0; bits.div_ceil(64) as usize], bits, hashes }
    }

    fn insert(&mut self, key: &[u8]) {
        for bit in self.positions(key) {
            self.words[(bit / 64) as usize] |= 1 << (bit % 64);
        }
    }

    fn may_contain(&self, key: &[u8]) -> bool {
        self.positions(key).iter().all(|bit| self.words[(bit / 64) as usize] >> (bit % 64) & 1 == 1)
    }

    fn size_bits(&self) -> usize {
        self.words.len() * 64
    }

    fn union(&mut self, other: &Self) -> Result<(), &'static str> {
        if (self.bits, self.hashes) != (other.bits, other.hashes) {
            return Err("the filters differ in size");
        }
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            *word |= more;
        }
        Ok(())
    }
}
