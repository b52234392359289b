//! Stable hash functions: the same key and seed give the same hash on every machine, for ever.
//!
//! The hasher of std's maps is seeded anew in each process, so its values cannot be stored, sent, or
//! compared between two programs; a filter in a file, a hash ring, a checksum all need values that can.
//! These functions are fast and well mixed, not secret: someone who may choose keys can make them collide.
//!
//! | function | input | cost |
//! |---|---|---|
//! | [`mix64`] | 64 bits, one to one | 2 multiplications |
//! | [`hash_u64`] | a 64-bit key and a seed | as `mix64` |
//! | [`hash_bytes`] | any bytes and a seed | 1 multiplication per 16 bytes, plus 2 |
//!
//! # Sources
//!
//! D. Stafford, "Better Bit Mixing", 2011 (variant 13, the constants of [`mix64`], also used by
//! SplitMix64). Wang Yi, "wyhash", 2019, public domain (the construction of [`hash_bytes`]).

const SECRET: [u64; 2] = [0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB];

/// Scrambles 64 bits, one to one: different inputs always give different outputs, and flipping one bit
/// of the input flips each bit of the output with probability close to one half.
#[inline]
pub const fn mix64(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// The hash of a 64-bit key. For one seed, different keys never collide in all 64 bits.
#[inline]
pub const fn hash_u64(key: u64, seed: u64) -> u64 {
    mix64(key ^ mix64(seed ^ SECRET[0]))
}

/// The hash of some bytes. O(length).
///
/// # Examples
///
/// ```
/// use lessons::hash::hash_bytes;
///
/// assert_eq!(hash_bytes(b"order-17", 0), 0x229b_5eb2_58d2_b90e); // Today, tomorrow, on any machine.
/// assert_ne!(hash_bytes(b"order-17", 0), hash_bytes(b"order-17", 1));
/// ```
pub fn hash_bytes(bytes: &[u8], seed: u64) -> u64 {
    let mut state = seed ^ fold(seed ^ SECRET[0], SECRET[1]);
    let length = bytes.len();
    let (a, b) = match length {
        0 => (0, 0),
        // First, middle and last byte: together they cover up to three.
        1..=3 => {
            (u64::from(bytes[0]) << 16 | u64::from(bytes[length / 2]) << 8 | u64::from(bytes[length - 1]), 0)
        }
        // Two overlapping halves of four bytes, from each end.
        4..=16 => {
            let step = (length >> 3) << 2;
            (
                u32_at(bytes, 0) << 32 | u32_at(bytes, step),
                u32_at(bytes, length - 4) << 32 | u32_at(bytes, length - 4 - step),
            )
        }
        _ => {
            for block in bytes[..length - 1].chunks_exact(16) {
                state = fold(u64_at(block, 0) ^ SECRET[1], u64_at(block, 8) ^ state);
            }
            (u64_at(bytes, length - 16), u64_at(bytes, length - 8))
        }
    };
    let product = u128::from(a ^ SECRET[1]) * u128::from(b ^ state);
    fold(product as u64 ^ SECRET[0] ^ length as u64, (product >> 64) as u64 ^ SECRET[1])
}

/// The hash of a string; equal to [`hash_bytes`] of its UTF-8 bytes.
pub fn hash_str(text: &str, seed: u64) -> u64 {
    hash_bytes(text.as_bytes(), seed)
}

/// Maps a hash evenly to `0..n` with one multiplication instead of a division. Uses the high bits.
///
/// Source: D. Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 29(1), 2019.
#[inline]
pub const fn reduce(hash: u64, n: u64) -> u64 {
    ((hash as u128 * n as u128) >> 64) as u64
}

/// Both halves of the 128-bit product, folded into one.
#[inline]
const fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

#[inline]
fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

#[inline]
fn u32_at(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u64::from(u32::from_le_bytes(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::chi_square_p_value;

    /// The share of output bits that flip when one input bit flips, over many inputs.
    fn flipped_share(hash: impl Fn(u64) -> u64) -> f64 {
        let mut flipped = 0;
        for input in 0..1_000u64 {
            for bit in 0..64 {
                flipped += (hash(input) ^ hash(input ^ 1 << bit)).count_ones();
            }
        }
        f64::from(flipped) / (1_000.0 * 64.0 * 64.0)
    }

    #[test]
    fn one_flipped_bit_flips_half_the_hash() {
        for share in [
            flipped_share(mix64),
            flipped_share(|x| hash_u64(x, 7)),
            flipped_share(|x| hash_bytes(&x.to_le_bytes(), 7)),
        ] {
            assert!((share - 0.5).abs() < 0.005, "{share}");
        }
    }

    #[test]
    fn every_length_and_every_byte_counts() {
        let bytes: Vec<u8> = (0..100).collect();
        let mut seen = std::collections::BTreeSet::new();
        for length in 0..=100 {
            assert!(seen.insert(hash_bytes(&bytes[..length], 0)), "length {length}");
            for position in 0..length {
                let mut changed = bytes[..length].to_vec();
                changed[position] ^= 0x80;
                assert!(seen.insert(hash_bytes(&changed, 0)), "byte {position} of {length}");
            }
        }
    }

    #[test]
    fn reduced_hashes_are_uniform() {
        let mut counts = [0u64; 10];
        for key in 0..100_000u64 {
            counts[reduce(hash_bytes(format!("user-{key}").as_bytes(), 0), 10) as usize] += 1;
        }
        assert!(chi_square_p_value(&counts, &[10_000.0; 10]) > 0.001, "{counts:?}");
    }

    #[test]
    fn the_values_are_pinned() {
        assert_eq!(mix64(1), 0x5692_161d_100b_05e5);
        assert_eq!(hash_str("", 0), hash_bytes(b"", 0));
        assert_ne!(hash_u64(0, 0), 0);
    }
}
