use std::f64::consts::LN_2;

/// Bits (m) and hash functions (k) of the smallest Bloom filter for `keys` keys at this false-positive rate.
fn filter_size(keys: u64, rate: f64) -> (u64, u32) {
    let bits = -(keys as f64) * rate.ln() / (LN_2 * LN_2);
    let hashes = bits / keys as f64 * LN_2;
    (bits.ceil() as u64, (hashes.round() as u32).max(1))
}
