//! Our filters against the fastest published crate, fastbloom, at equal memory and number of hash functions.
//!
//! Prints nanoseconds per key and the ratio ours / theirs; below 1 we are faster, 1.3 is the most we accept.
//! fastbloom runs twice: with its default hasher (SipHash), and with our hash function given to it, which
//! compares the filters alone. Each figure is the best of several interleaved runs.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::hint::black_box;
use std::time::Instant;

use lessons::hash::hash_u64;
use lessons::sketch::{BlockedBloomFilter, BloomFilter, absent_keys, present_keys};
use lessons::table::{Table, fixed, thousands};

const RUNS: usize = 11;
const BITS_PER_KEY: u64 = 10;
const HASHES: u32 = 7;

/// Insert, lookup of present keys, lookup of absent keys: each over all keys.
trait Contender {
    fn name(&self) -> &'static str;
    fn insert(&mut self, keys: &[u64]);
    fn count(&self, keys: &[u64]) -> usize;
}

struct Classic(BloomFilter);
struct Blocked(BlockedBloomFilter);
struct Reference(fastbloom::BloomFilter);
struct ReferenceFastHash(fastbloom::BloomFilter);

macro_rules! contender {
    ($type:ident, $name:literal, $insert:expr, $contains:expr) => {
        impl Contender for $type {
            fn name(&self) -> &'static str {
                $name
            }
            fn insert(&mut self, keys: &[u64]) {
                keys.iter().for_each(|key| {
                    black_box($insert(&mut self.0, *key));
                });
            }
            fn count(&self, keys: &[u64]) -> usize {
                keys.iter().filter(|key| $contains(&self.0, **key)).count()
            }
        }
    };
}

contender!(Classic, "ours, classic", BloomFilter::insert, BloomFilter::may_contain);
contender!(Blocked, "ours, blocked", BlockedBloomFilter::insert, BlockedBloomFilter::may_contain);
contender!(
    Reference,
    "fastbloom, its hash",
    |f: &mut fastbloom::BloomFilter, key: u64| f.insert(&key),
    |f: &fastbloom::BloomFilter, key: u64| f.contains(&key)
);
contender!(
    ReferenceFastHash,
    "fastbloom, our hash",
    |f: &mut fastbloom::BloomFilter, key: u64| f.insert_hash(hash_u64(key, 0)),
    |f: &fastbloom::BloomFilter, key: u64| f.contains_hash(hash_u64(key, 0))
);

fn contenders(bits: u64) -> Vec<Box<dyn Contender>> {
    let reference = || fastbloom::BloomFilter::with_num_bits(bits as usize).seed(&1).hashes(HASHES);
    vec![
        Box::new(Classic(BloomFilter::with_size(bits, HASHES).expect("a valid size"))),
        Box::new(Blocked(BlockedBloomFilter::with_size(bits, HASHES).expect("a valid size"))),
        Box::new(Reference(reference())),
        Box::new(ReferenceFastHash(reference())),
    ]
}

/// Nanoseconds per key for insert, hit and miss; the best of all runs.
fn measure(keys: u64) -> Vec<(&'static str, [f64; 3])> {
    let (present, absent) = (present_keys(keys), absent_keys(keys));
    let mut best = vec![("", [f64::INFINITY; 3]); 4];
    for run in 0..RUNS {
        let mut contenders = contenders(keys * BITS_PER_KEY);
        for turn in 0..contenders.len() {
            // Another one goes first in each run.
            let which = (run + turn) % contenders.len();
            let (contender, entry) = (&mut contenders[which], &mut best[which]);
            entry.0 = contender.name();
            let mut clock = Instant::now();
            let mut lap = |step: usize| {
                let nanoseconds = clock.elapsed().as_nanos() as f64 / keys as f64;
                entry.1[step] = entry.1[step].min(nanoseconds);
                clock = Instant::now();
            };
            contender.insert(black_box(&present));
            lap(0);
            assert_eq!(contender.count(black_box(&present)), present.len());
            lap(1);
            let mistakes = contender.count(black_box(&absent)) as f64 / keys as f64;
            lap(2);
            assert!((0.006..0.012).contains(&mistakes), "{}: {mistakes}", contender.name());
        }
    }
    best
}

fn main() {
    for keys in [100_000, 4_000_000] {
        let results = measure(keys);
        let mut table = Table::new([
            "filter",
            "insert ns",
            "hit ns",
            "miss ns",
            "insert ratio",
            "hit ratio",
            "miss ratio",
        ])
        .caption(format!("{} keys, {BITS_PER_KEY} bits per key, k = {HASHES}", thousands(keys)));
        // The stricter of the two ratios.
        let reference = |step: usize| results[2].1[step].min(results[3].1[step]);
        for (name, times) in &results {
            let ratios = (0..3).map(|step| fixed(times[step] / reference(step), 2));
            table
                .push([name.to_string()].into_iter().chain(times.iter().map(|t| fixed(*t, 1))).chain(ratios));
        }
        println!("{table}\n");
    }
}
