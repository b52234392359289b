//! Checks the size of a filter: bits and hash functions from keys and rate.

use std::f64::consts::{LN_2, LN_10};

use algorithms::rng::Rng;
use algorithms::sketch::formula;

use super::{EXERCISE, known};
use crate::{Comparison, Question, Report, planted};

/// Keys and rate in, bits (`m`) and hash functions (`k`) out.
type Answer = fn(u64, f64) -> (u64, u32);
planted!("sketch/filter_size");

const QUESTION: Question<Answer, (u64, f64), (u64, u32)> = Question {
    ask: |size, &(keys, rate)| size(keys, rate),
    right: |&(keys, rate)| {
        let exact = exact(keys, rate);
        (exact.0.ceil() as u64, (exact.1.round() as u32).max(1))
    },
    accepts: Some(|&(keys, rate), &(bits, hashes)| {
        let (exact_bits, exact_hashes) = exact(keys, rate);
        // One bit more or less is rounding, and so is one in a million. The hash functions may be rounded up or down.
        (bits as f64 - exact_bits).abs() <= 1.0 + exact_bits * 1e-6
            && hashes >= 1
            && ((f64::from(hashes) - exact_hashes).abs() < 1.0 || hashes == 1 && exact_hashes < 1.0)
    }),
    same: |one, other| (one.0 as f64 - other.0 as f64).abs() <= 1.0 + one.0 as f64 * 1e-6 && one.1 == other.1,
    input: |(keys, rate)| format!("filter_size({keys}, {rate})"),
    output: |size| format!("{size:?}"),
};

/// From easy to hard, so that the first failure is the smallest.
const CASES: [(u64, f64); 11] = [
    (1, 0.5),
    (10, 0.1),
    (100, 0.01),
    (100, 0.3),
    (1_000, 0.5),
    (1_000, 0.001),
    (1_000_000, 0.01),
    (1_000_000, 1e-9),
    (5_000_000_000, 0.01),
    (5_000_000_000, 1e-9),
    (7, 1e-4),
];

/// Checks a function that gives the number of bits and of hash functions for some keys and a rate.
pub fn filter_size(size: fn(u64, f64) -> (u64, u32)) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, size, MISTAKES)
        .visible("1,000 keys at 1% take 9,586 bits and 7 hash functions", || vec![(1_000, 0.01)])
        .visible("right for any keys and rate", || CASES.into())
        .visible("100 keys at 90% take 22 bits and 1 hash function", || vec![(100, 0.9)])
        .hidden("there is always at least one hash function", || {
            [0.6, 0.75, 0.95, 0.99].map(|rate| (100, rate)).into()
        })
        .hidden("three hundred other sizes", || {
            let mut rng = Rng::new(3);
            let draw = |_| (1 + rng.below(1_000_000), 10f64.powf(-0.1 - 8.0 * rng.next_f64()));
            (0..300).map(draw).collect()
        })
        // Whatever the hash functions are.
        .described(known::LOG_BASE_10, |_, right, found| ratio(right, found, LN_10.recip()))
        .described(known::LOG_BASE_2, |_, right, found| ratio(right, found, LN_2.recip()))
        .described(known::LN2_NOT_SQUARED, |_, right, found| ratio(right, found, LN_2))
        .described(known::LN2_FORGOTTEN, |_, right, found| ratio(right, found, LN_2 * LN_2))
        .described(known::ZERO_BITS, |_, _, found| found.0 == 0)
        .described(known::ZERO_HASHES, |&(_, rate), _, found| found.1 == 0 && rate > 0.5)
        .described(known::K_TOO_SMALL, |_, right, found| {
            right.0.abs_diff(found.0) <= 1 && found.1 <= 1 && right.1 > 2
        })
        .described(known::K_OF_ALL_BITS, |_, right, found| right.0.abs_diff(found.0) <= 1 && found.1 > 64)
        .finish()
}

/// Whether there are so many times as many bits as there should be.
fn ratio(right: &(u64, u32), found: &(u64, u32), times: f64) -> bool {
    (found.0 as f64 / right.0 as f64 / times - 1.0).abs() < 0.01
}

fn exact(keys: u64, rate: f64) -> (f64, f64) {
    (keys as f64 * formula::bits_per_key(rate), -rate.log2())
}
