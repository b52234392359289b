//! Sequences of requests for keys: what a cache is measured on.
//!
//! | trace | looks like |
//! |---|---|
//! | [`zipf`] | web traffic: a few keys are asked for very often |
//! | [`cycle`] | a loop over a table that is a little too large |
//! | [`with_scans`] | web traffic, and a nightly job that reads everything once |
//! | [`shifting`] | news: what is popular changes |

use crate::dist::Zipf;
use crate::rng::Rng;

/// Keys of scans start here, above those of any other trace.
const SCANNED: u64 = 1 << 40;

/// Requests for `keys` keys with [`Zipf`] popularity; key 0 is the most popular.
///
/// # Panics
///
/// When there are no keys, or `alpha` is negative.
pub fn zipf(keys: usize, alpha: f64, requests: usize, seed: u64) -> Vec<u64> {
    let (zipf, mut rng) = (Zipf::new(keys, alpha), Rng::new(seed));
    (0..requests).map(|_| zipf.sample(&mut rng) as u64).collect()
}

/// Requests for the keys from 0 to `keys` in turn, again and again.
///
/// # Panics
///
/// When there are no keys.
pub fn cycle(keys: u64, requests: usize) -> Vec<u64> {
    assert!(keys > 0, "a cycle needs at least one key");
    (0..keys).cycle().take(requests).collect()
}

/// Another trace into which, after every `every` requests, comes a scan of `length` keys that are asked for only
/// this once.
///
/// # Panics
///
/// When `every` is 0.
pub fn with_scans(trace: &[u64], every: usize, length: usize) -> Vec<u64> {
    assert!(every > 0, "a scan comes after at least one request");
    let mut scanned = SCANNED;
    let mut mixed = Vec::with_capacity(trace.len() + trace.len() / every * length);
    for part in trace.chunks(every) {
        mixed.extend_from_slice(part);
        if part.len() == every {
            mixed.extend(scanned..scanned + length as u64);
            scanned += length as u64;
        }
    }
    mixed
}

/// Requests with [`Zipf`] popularity over `keys` keys that all change at once, `shifts` times: each of the
/// `shifts + 1` equal parts has popular keys of its own.
///
/// # Panics
///
/// When there are no keys, or `alpha` is negative.
pub fn shifting(keys: usize, alpha: f64, requests: usize, shifts: usize, seed: u64) -> Vec<u64> {
    let mut trace = zipf(keys, alpha, requests, seed);
    let part = requests.div_ceil(shifts + 1).max(1);
    for (number, part) in trace.chunks_mut(part).enumerate() {
        part.iter_mut().for_each(|key| *key += (number * keys) as u64);
    }
    trace
}
