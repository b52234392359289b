//! Checks the size of a filter: bits and hash functions from keys and rate.

use algorithms::sketch::formula;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

/// Keys and rate in, bits (`m`) and hash functions (`k`) out.
type Size = fn(u64, f64) -> (u64, u32);

/// From easy to hard, so that the first failure is the smallest.
const CASES: [(u64, f64); 9] = [
    (1, 0.5),
    (10, 0.1),
    (100, 0.01),
    (1_000, 0.01),
    (1_000, 0.5),
    (1_000, 0.001),
    (1_000_000, 0.01),
    (1_000_000, 1e-9),
    (5_000_000_000, 0.01),
];

/// Checks a function that gives the number of bits and of hash functions for some keys and a rate.
pub fn filter_size(size: fn(u64, f64) -> (u64, u32)) -> Report {
    Checker::new(&EXERCISE)
        .visible("1,000 keys at 1% take 9,585 bits or one more", move || bits(size, &[(1_000, 0.01)]))
        .visible("1,000 keys at 1% take 7 hash functions", move || hashes(size, &[(1_000, 0.01)]))
        .visible("the bits are right for any keys and rate", move || bits(size, &CASES))
        .hidden("the hash functions are right for any keys and rate", move || hashes(size, &CASES))
        .hidden("there is always at least one hash function", move || at_least_one(size))
        .finish()
}

fn bits(size: Size, cases: &[(u64, f64)]) -> Result<(), Failure> {
    for &(keys, rate) in cases {
        let exact = keys as f64 * formula::bits_per_key(rate);
        let (found, _) = size(keys, rate);
        // One bit more or less is rounding, and so is one in a million.
        let slack = 1.0 + exact * 1e-6;
        if (found as f64 - exact).abs() > slack {
            return Err(Failure::new(format!("{:.0} bits", exact.ceil()), format!("{found} bits"))
                .input(format!("{keys} keys, rate {rate}"))
                .maybe_diagnosis(diagnose_bits(found as f64 / exact, found)));
        }
    }
    Ok(())
}

fn diagnose_bits(ratio: f64, found: u64) -> Option<(&'static str, String)> {
    let near = |expected: f64| (ratio / expected - 1.0).abs() < 0.01;
    let ln_2 = std::f64::consts::LN_2;
    let (key, message) = if near(1.0 / std::f64::consts::LN_10) {
        ("log-base-10", "`log10` where the formula has the natural logarithm: in Rust that is `ln`.")
    } else if near(ln_2) {
        (
            "ln2-not-squared",
            "(ln 2) must be squared: m = -n ln(rate) / (ln 2)². With (ln 2) alone it is n log2(1 / rate), the least that any filter needs.",
        )
    } else if near(ln_2 * ln_2) {
        (
            "ln2-forgotten",
            "The division by (ln 2)² is missing, or undone: `a / b * b` is a, so the divisor needs parentheses.",
        )
    } else if near(1.0 / ln_2) {
        ("log-base-2", "`log2` where the formula has the natural logarithm: in Rust that is `ln`.")
    } else if near(ln_2 / 2.0) {
        ("ln2-doubled", "(ln 2)² is ln 2 times ln 2, not 2 ln 2.")
    } else if near(ln_2.powi(4)) {
        ("ln2-multiplied", "(ln 2)² is multiplied by, where the formula divides.")
    } else if found == 0 {
        (
            "zero-bits",
            "No bits at all: the logarithm of a rate below 1 is negative, so the formula starts with a minus; a negative number becomes 0 as `u64`.",
        )
    } else {
        return None;
    };
    Some((key, message.into()))
}

fn hashes(size: Size, cases: &[(u64, f64)]) -> Result<(), Failure> {
    for &(keys, rate) in cases {
        let ideal = -rate.log2();
        let (bits, found) = size(keys, rate);
        // Rounding up or down are both fine; the rate hardly differs.
        let fits = (f64::from(found) - ideal).abs() < 1.0 || found == 1 && ideal < 1.5;
        if !fits {
            let diagnosis = diagnose_hashes(bits as f64 / keys as f64, ideal, found);
            return Err(Failure::new(format!("{ideal:.2}, rounded"), format!("{found} hash functions"))
                .input(format!("{keys} keys, rate {rate}"))
                .maybe_diagnosis(diagnosis));
        }
    }
    Ok(())
}

fn diagnose_hashes(bits_per_key: f64, ideal: f64, found: u32) -> Option<(&'static str, String)> {
    let near = |expected: f64| (f64::from(found) - expected).abs() < 1.0;
    let ln_2 = std::f64::consts::LN_2;
    let (key, message) = if near(bits_per_key) {
        (
            "k-without-ln2",
            "k = m/n sets too many bits: the best number is (m/n) ln 2, which leaves half of them clear.",
        )
    } else if near(bits_per_key / ln_2) {
        ("k-divided", "m/n is divided by ln 2 here; k is m/n *times* ln 2, which is less than m/n.")
    } else if near(bits_per_key * ln_2 * ln_2) {
        ("k-ln2-squared", "Only the formula for the bits has (ln 2)²: k is m/n times ln 2, once.")
    } else if found > 64 {
        ("k-of-all-bits", "So many positions for each key? k follows from the bits *per key*: m/n, not m.")
    } else if ideal >= 2.0 && found <= 1 {
        (
            "k-too-small",
            "One position per key, or none, is far from the best: k = (m/n) ln 2, bits divided by keys. (A quotient of integers drops what is behind the point: divide as `f64`.)",
        )
    } else {
        return None;
    };
    Some((key, message.into()))
}

fn at_least_one(size: Size) -> Result<(), Failure> {
    for rate in [0.6, 0.75, 0.9, 0.99] {
        let (_, found) = size(100, rate);
        if found == 0 {
            return Err(Failure::new("1 hash function", "0 hash functions")
                .input(format!("100 keys, rate {rate}"))
                .diagnosis("zero-hashes", "With 0 hash functions every key is \"maybe\" there, whatever the bits say: use `max(1)`."));
        }
    }
    Ok(())
}
