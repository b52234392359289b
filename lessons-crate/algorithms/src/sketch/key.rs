//! What a filter can hold.

use crate::hash::{hash_bytes, hash_u64};

/// A key of a filter: a 64-bit number, text, or bytes.
///
/// Text and its UTF-8 bytes are the same key. A number and its bytes are not.
pub trait Key {
    /// The stable hash of the key under a seed.
    fn hash64(&self, seed: u64) -> u64;
}

impl Key for u64 {
    #[inline]
    fn hash64(&self, seed: u64) -> u64 {
        hash_u64(*self, seed)
    }
}

impl Key for &str {
    #[inline]
    fn hash64(&self, seed: u64) -> u64 {
        hash_bytes(self.as_bytes(), seed)
    }
}

impl Key for &String {
    #[inline]
    fn hash64(&self, seed: u64) -> u64 {
        hash_bytes(self.as_bytes(), seed)
    }
}

impl Key for &[u8] {
    #[inline]
    fn hash64(&self, seed: u64) -> u64 {
        hash_bytes(self, seed)
    }
}

impl<const N: usize> Key for &[u8; N] {
    #[inline]
    fn hash64(&self, seed: u64) -> u64 {
        hash_bytes(*self, seed)
    }
}
