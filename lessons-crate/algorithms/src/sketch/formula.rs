//! What theory says of filters. Rates are probabilities (0.01 is 1%); sizes are in bits.
//!
//! In the papers' letters: `n` keys, `m` bits, `k` hash functions.

use std::f64::consts::LN_2;

/// Bits per key of the smallest Bloom filter with this rate: -ln(rate) / (ln 2)², 9.585 at 1%.
///
/// Source: B. H. Bloom, "Space/Time Trade-offs in Hash Coding with Allowable Errors", CACM 13(7), 1970;
/// in this form, A. Broder and M. Mitzenmacher, "Network Applications of Bloom Filters: A Survey",
/// Internet Mathematics 1(4), 2004, doi:10.1080/15427951.2004.10129096.
pub fn bits_per_key(rate: f64) -> f64 {
    -rate.ln() / (LN_2 * LN_2)
}

/// Bits of the smallest Bloom filter for `n` keys with this rate, rounded up.
pub fn optimal_bits(n: u64, rate: f64) -> u64 {
    (n as f64 * bits_per_key(rate)).ceil() as u64
}

/// The number of hash functions with the fewest false positives, `bits_per_key` ln 2, rounded to the better
/// whole number, at least 1.
pub fn optimal_hash_count(bits_per_key: f64) -> u32 {
    let ideal = bits_per_key * LN_2;
    let rate = |k: f64| (1.0 - (-k / bits_per_key).exp()).powf(k);
    let (below, above) = (ideal.floor().max(1.0), ideal.ceil().max(1.0));
    if rate(below) <= rate(above) { below as u32 } else { above as u32 }
}

/// The expected share of bits set after `n` keys: 1 - e^(-kn/m), one half in an optimal filter.
pub fn fill(n: u64, m: u64, k: u32) -> f64 {
    -(-(f64::from(k) * n as f64) / m as f64).exp_m1()
}

/// The usual formula for the false-positive rate: (1 - e^(-kn/m))^k. Slightly too low for small `m`; see
/// [`exact_false_positive_rate`].
pub fn false_positive_rate(n: u64, m: u64, k: u32) -> f64 {
    fill(n, m, k).powi(k as i32)
}

/// The exact false-positive rate of a filter whose `k` hash functions are independent: the expected value
/// of (X/m)^k, where X is the number of bits set. O(k n min(m, k n)) time: for small filters.
///
/// Source: P. Bose et al., "On the False-Positive Rate of Bloom Filters", Information Processing Letters
/// 108(4), 2008, doi:10.1016/j.ipl.2008.05.018.
pub fn exact_false_positive_rate(n: u64, m: u64, k: u32) -> f64 {
    let throws = n * u64::from(k);
    let most = throws.min(m) as usize;
    let bits = m as f64;
    // chance[i]: exactly i bits are set after the throws so far.
    let mut chance = vec![0.0; most + 1];
    chance[0] = 1.0;
    for _ in 0..throws {
        for set in (0..=most).rev() {
            let stays = chance[set] * set as f64 / bits;
            let grows = if set > 0 { chance[set - 1] * (bits - (set - 1) as f64) / bits } else { 0.0 };
            chance[set] = stays + grows;
        }
    }
    chance.iter().enumerate().map(|(set, p)| p * (set as f64 / bits).powi(k as i32)).sum()
}

/// How many keys are in a filter with `set` of its `m` bits set: -(m/k) ln(1 - set/m).
///
/// Source: S. J. Swamidass and P. Baldi, "Mathematical Correction for Fingerprint Similarity Measures to
/// Improve Chemical Retrieval", J. Chem. Inf. Model. 47(3), 2007, doi:10.1021/ci600526a.
pub fn estimate_keys(set: u64, m: u64, k: u32) -> f64 {
    -(m as f64 / f64::from(k)) * (-(set as f64) / m as f64).ln_1p()
}

/// The least bits per key that any filter with this rate can have: log2(1/rate), 6.64 at 1%.
///
/// Source: L. Carter et al., "Exact and Approximate Membership Testers", STOC 1978,
/// doi:10.1145/800133.804332.
pub fn lower_bound_bits_per_key(rate: f64) -> f64 {
    -rate.log2()
}

/// The false-positive rate of a Bloom filter cut into blocks of `block_bits`: a block holds more keys than
/// another by chance (Poisson), and the overfull ones cost more than the others save.
///
/// Source: F. Putze, P. Sanders, J. Singler, "Cache-, Hash- and Space-Efficient Bloom Filters", WEA 2007,
/// doi:10.1007/978-3-540-72845-0_9, equation 3.
pub fn blocked_false_positive_rate(bits_per_key: f64, k: u32, block_bits: u32) -> f64 {
    let expected = f64::from(block_bits) / bits_per_key;
    let mut ln_chance = -expected;
    let mut rate = 0.0;
    // Ten standard deviations above the mean, what is left is below 1e-20.
    let most = (expected + 10.0 * expected.sqrt() + 20.0) as u64;
    for keys in 0..=most {
        if keys > 0 {
            ln_chance += (expected / keys as f64).ln();
        }
        // Exact for one clear bit: k times "not this one" per key.
        let clear = (f64::from(k) * keys as f64 * (-1.0 / f64::from(block_bits)).ln_1p()).exp();
        rate += ln_chance.exp() * (1.0 - clear).powi(k as i32);
    }
    rate
}

/// The false-positive rate of a cuckoo filter: a lookup compares its fingerprint of `fingerprint_bits` with
/// two buckets of `bucket_slots`, of which the share `load` (0 to 1) is used.
///
/// Source: B. Fan et al., "Cuckoo Filter: Practically Better Than Bloom", CoNEXT 2014,
/// doi:10.1145/2674005.2674994, section 5.1 (with load 1).
pub fn cuckoo_false_positive_rate(fingerprint_bits: u32, bucket_slots: u32, load: f64) -> f64 {
    // Fingerprint 0 marks an empty slot, so one value fewer is in use.
    let same = 1.0 / (f64::from(fingerprint_bits).exp2() - 1.0);
    -(2.0 * f64::from(bucket_slots) * load * (-same).ln_1p()).exp_m1()
}

/// The bound on the false-positive rate of a scalable filter whose first stage has rate `first`, each
/// further one `tightening` times the rate before: first / (1 - tightening).
///
/// Source: P. S. Almeida et al., "Scalable Bloom Filters", Information Processing Letters 101(6), 2007,
/// doi:10.1016/j.ipl.2006.10.007.
pub fn scalable_false_positive_bound(first: f64, tightening: f64) -> f64 {
    first / (1.0 - tightening)
}

/// What a filter in front of a store saves on an average lookup, net of its own cost, in the unit of the
/// costs. The share `miss_share` of all lookups is for absent keys; each lookup pays `filter_cost`, and
/// each one that reaches the store `store_cost`. Negative when the filter is a loss.
pub fn guard_saving(miss_share: f64, rate: f64, filter_cost: f64, store_cost: f64) -> f64 {
    miss_share * (1.0 - rate) * store_cost - filter_cost
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asserts equality to the digits given.
    fn close(found: f64, expected: f64, tolerance: f64) {
        assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
    }

    #[test]
    fn the_known_numbers() {
        close(bits_per_key(0.01), 9.585, 0.001);
        assert_eq!(optimal_bits(1_000, 0.01), 9_586);
        assert_eq!((optimal_hash_count(8.0), optimal_hash_count(10.0), optimal_hash_count(0.5)), (6, 7, 1));
        close(false_positive_rate(1_000, 10_000, 7), 0.008_194, 1e-6);
        close(false_positive_rate(1_000, 8_000, 6), 0.021_577, 1e-6);
        close(lower_bound_bits_per_key(0.01), 6.644, 0.001);
        close(bits_per_key(0.003) / lower_bound_bits_per_key(0.003), 1.0 / LN_2, 1e-9);
        close(cuckoo_false_positive_rate(8, 4, 0.95), 0.029_4, 0.0005);
        close(scalable_false_positive_bound(0.005, 0.5), 0.01, 1e-12);
        close(guard_saving(0.9, 0.01, 0.01, 1.0), 0.881, 1e-9);
    }

    #[test]
    fn small_filters_are_worse_than_the_usual_formula() {
        close(false_positive_rate(10, 100, 7), 0.008_194, 1e-6);
        close(exact_false_positive_rate(10, 100, 7), 0.0090, 0.0002);
        // One key, two bits, one hash function: one of the two bits is set.
        close(exact_false_positive_rate(1, 2, 1), 0.5, 1e-12);
        // One key, two bits, two functions: one bit set (half the time) gives 1/4, both give 1.
        close(exact_false_positive_rate(1, 2, 2), 0.625, 1e-12);
    }

    #[test]
    fn blocks_cost_some_accuracy() {
        close(blocked_false_positive_rate(10.0, 7, 512), 0.009_571, 1e-6);
        close(blocked_false_positive_rate(10.0, 7, 1 << 20), 0.008_194, 0.000_02);
    }

    #[test]
    fn keys_are_estimated_from_the_fill() {
        let set = (fill(1_000, 10_000, 7) * 10_000.0) as u64;
        close(estimate_keys(set, 10_000, 7), 1_000.0, 1.0);
    }
}
