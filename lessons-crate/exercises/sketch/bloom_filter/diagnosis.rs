//! Recognizes the known mistakes in a Bloom filter from what it does.

use algorithms::rng::Rng;
use algorithms::sketch::formula;

use super::{Make, Object, filled, first_missing, is_deterministic};

/// A stable key, and what to tell the learner.
type Known = (&'static str, String);

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
        return Some((
            "log-base-10",
            "The filter has 43% of the bits it needs: `log10` where the formula has the natural logarithm, `ln`.".into(),
        ));
    }
    if near(size, std::f64::consts::LN_2, slack) {
        return Some((
            "ln2-not-squared",
            "The filter has 69% of the bits it needs: (ln 2) must be squared in m = -n ln(rate) / (ln 2)²."
                .into(),
        ));
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
        (
            any,
            0.05,
            "any-instead-of-all",
            "One set bit is not enough: a key may be in the set only when *all* its bits are set.",
        ),
        (
            one,
            0.1,
            "same-hash-k-times",
            "The filter errs as if it had one hash function: are the k positions of a key all the same? Each needs its own seed, or the form h1 + i * h2.",
        ),
        (
            runs,
            0.15,
            "consecutive-bits",
            "The k positions of a key lie side by side (h, h + 1, h + 2, ...), so neighbors share them: the step must itself be a hash, h1 + i * h2.",
        ),
        (
            fill,
            0.1,
            "one-position-asked",
            "The filter errs as often as a bit is set: `may_contain` looks at one of the k positions only. Is there a `return true` before the last one was looked at?",
        ),
        (
            without_ln2,
            0.15,
            "k-without-ln2",
            "k = m/n sets too many bits: the best number is (m/n) ln 2, which leaves half of them clear.",
        ),
    ];
    let found = known.into_iter().find(|(expected, tolerance, ..)| near(measured, *expected, *tolerance));
    found.map(|(_, _, key, message)| (key, message.to_owned()))
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
        return random_hasher();
    }
    let (first, second) = keys.split_at(half);
    let mut twice = filled(make, 2 * half, 0.01, first);
    let again = filled(make, 2 * half, 0.01, first);
    let lost_itself = twice.union(again.as_ref()).is_err() || first_missing(twice.as_ref(), first).is_some();
    if !lost_itself && first_missing(union, first).is_none() {
        ("union-adds-nothing", "The keys of `other` are not there: each word must take the bits of the other's word, too (`|=`).".into())
    } else if !lost_itself && first_missing(union, second).is_none() {
        ("union-replaces", "The keys of `other` are there, and those from before are gone: `=` replaces a word, `|=` adds to it.".into())
    } else if lost_itself {
        ("union-xor", "A filter united with itself loses its keys: exclusive or (`^`) clears the bits that both have; use or (`|`).".into())
    } else {
        ("union-intersects", "Only bits that both filters have are left: that is the intersection (`&`); a union takes every bit of either (`|`).".into())
    }
}

pub(super) fn random_hasher() -> Known {
    (
        "random-hasher",
        "Two filters put the same key in different places: a hasher with a random seed (`RandomState`, as in std's maps) differs from filter to filter. Use a hash with a fixed seed, such as `hash::hash_bytes(key, seed)`.".into(),
    )
}
