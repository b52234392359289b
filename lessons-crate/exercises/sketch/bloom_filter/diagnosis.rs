//! Recognizes the known mistakes in a Bloom filter from what it does.

use algorithms::rng::Rng;
use algorithms::sketch::formula;

use super::{Make, Object, filled, first_missing, is_deterministic, known};
use crate::Known;

/// Compares what was measured with what each known mistake would give.
pub(super) fn of_rate(capacity: usize, rate: f64, size_bits: usize, measured: f64) -> Option<Known> {
    let optimum = formula::optimal_bits(capacity as u64, rate) as f64;
    let size = size_bits as f64 / optimum;
    // Whatever else it is, it is not a filter with one of the mistakes below; and a simulation of its size
    // might not fit into memory.
    if !(0.05..10.0).contains(&size) {
        return None;
    }
    let near = |found: f64, expected: f64, tolerance: f64| (found / expected - 1.0).abs() < tolerance;
    let slack = 0.02 + 64.0 / optimum;
    if near(size, 1.0 / std::f64::consts::LN_10, slack) {
        return Some(known::LOG_BASE_10);
    }
    if near(size, std::f64::consts::LN_2, slack) {
        return Some(known::LN2_NOT_SQUARED);
    }
    let hashes = formula::optimal_hash_count(optimum / capacity as f64);
    // With a `bool` per bit, an eighth of the memory is bits.
    let bits = if near(size, 8.0, 0.1) { size_bits / 8 } else { size_bits } as u64;
    let fill = formula::fill(capacity as u64, bits, hashes);
    let any = 1.0 - (1.0 - fill).powi(hashes as i32);
    let one = formula::fill(capacity as u64, bits, 1);
    let runs = rate_of_runs(capacity, bits, hashes);
    let too_many = formula::optimal_bits(1, rate).max(1) as u32;
    let without_ln2 = formula::false_positive_rate(capacity as u64, bits, too_many);
    let known = [
        (any, 0.05, known::ANY_INSTEAD_OF_ALL),
        (one, 0.1, known::SAME_HASH_K_TIMES),
        (runs, 0.15, known::CONSECUTIVE_BITS),
        (fill, 0.1, known::ONE_POSITION_ASKED),
        (without_ln2, 0.15, known::K_WITHOUT_LN2),
    ];
    let found = known.into_iter().find(|(expected, tolerance, _)| near(measured, *expected, *tolerance));
    found.map(|(.., known)| known)
}

/// The rate of a filter that sets `hashes` bits in a row for each key, by simulation.
fn rate_of_runs(keys: usize, bits: u64, hashes: u32) -> f64 {
    let mut rng = Rng::new(0);
    let mut set = vec![false; bits as usize + hashes as usize];
    for _ in 0..keys {
        let start = rng.below(bits.max(1)) as usize;
        set[start..start + hashes as usize].fill(true);
    }
    let full = (0..bits as usize).filter(|start| set[*start..start + hashes as usize].iter().all(|bit| *bit));
    full.count() as f64 / bits.max(1) as f64
}

/// Why a union lacks keys: that of the first half of `keys` and the second.
pub(super) fn of_union(make: Make, half: usize, union: &dyn Object, keys: &[u64]) -> Known {
    if is_deterministic(make).is_err() {
        return known::RANDOM_HASHER;
    }
    let (first, second) = keys.split_at(half);
    let mut twice = filled(make, 2 * half, 0.01, first);
    let again = filled(make, 2 * half, 0.01, first);
    let lost_itself = twice.union(again.as_ref()).is_err() || first_missing(twice.as_ref(), first).is_some();
    if !lost_itself && first_missing(union, first).is_none() {
        known::UNION_ADDS_NOTHING
    } else if !lost_itself && first_missing(union, second).is_none() {
        known::UNION_REPLACES
    } else if lost_itself {
        known::UNION_XOR
    } else {
        known::UNION_INTERSECTS
    }
}
