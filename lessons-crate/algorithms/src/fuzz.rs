//! Bytes that nearly are what a decoder expects: seeds, changed at random. For tests.
//!
//! A decoder must answer to any bytes, and random ones end at the first check. Changed seeds get further. How many are
//! tried in a test run is small; `FUZZ_FACTOR=100 cargo test --release -p algorithms any_bytes` tries that many times more.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::rng::Rng;

/// Inputs in one test run.
const ROUNDS: u64 = 20_000;

/// Values at which decoders decide.
const INTERESTING: [u8; 14] = [0, 1, 2, 3, 0x3f, 0x40, 0x7d, 0x7e, 0x7f, 0x80, 0xbf, 0xc0, 0xfe, 0xff];

/// Calls `target` with many changes of the seeds, and with bytes that are only random.
///
/// # Panics
///
/// When the target does; the message shows the input, which then becomes a case of its own.
pub(crate) fn any_bytes(seeds: &[&[u8]], target: impl Fn(&[u8])) {
    let factor: u64 = std::env::var("FUZZ_FACTOR").ok().and_then(|factor| factor.parse().ok()).unwrap_or(1);
    let mut rng = Rng::new(factor);
    let attempt = |bytes: &[u8]| {
        if catch_unwind(AssertUnwindSafe(|| target(bytes))).is_err() {
            panic!("these bytes bring it down: {bytes:02x?}, as text {:?}", String::from_utf8_lossy(bytes));
        }
    };
    for seed in seeds {
        (0..=seed.len()).for_each(|end| attempt(&seed[..end]));
    }
    for _ in 0..ROUNDS * factor {
        let bytes = match rng.choose(seeds) {
            Some(seed) if rng.chance(0.95) => {
                let mut bytes = seed.to_vec();
                for _ in 0..1 + rng.below(4) {
                    mutate(&mut bytes, seeds, &mut rng);
                }
                bytes
            }
            _ => (0..rng.below(40)).map(|_| rng.next_u64() as u8).collect(),
        };
        attempt(&bytes);
    }
}

fn mutate(bytes: &mut Vec<u8>, seeds: &[&[u8]], rng: &mut Rng) {
    let at = rng.index(bytes.len() + 1);
    let end = (at + rng.index(9)).min(bytes.len());
    match rng.below(7) {
        0 if at < bytes.len() => bytes[at] ^= 1 << rng.below(8),
        1 if at < bytes.len() => bytes[at] = INTERESTING[rng.index(INTERESTING.len())],
        2 => bytes.insert(at, rng.next_u64() as u8),
        3 => drop(bytes.drain(at..end)),
        4 => {
            let piece = bytes[at..end].to_vec();
            let to = rng.index(bytes.len() + 1);
            bytes.splice(to..to, piece);
        }
        5 => bytes.truncate(at),
        _ => {
            let other = seeds[rng.index(seeds.len())];
            let from = rng.index(other.len() + 1);
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
    }
}
