/// Bits (m) and hash functions (k) of the smallest Bloom filter for `keys` keys at this false-positive rate.
fn filter_size(keys: u64, rate: f64) -> (u64, u32) {
    let bits = 0; // TODO: m = -n ln(rate) / (ln 2)²
    let hashes = 1; // TODO: k = (m/n) ln 2
    (bits, hashes)
}
