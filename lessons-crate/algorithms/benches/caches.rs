//! Our caches against moka and quick_cache on the same traces: hit ratio, and time per request in one thread.
//!
//! A request is a lookup, and after a miss an insertion. Each time is the best of several interleaved runs over the
//! whole trace, and the ratio is to the faster of the two crates; 1.5 is the most that we accept. Both crates are
//! built for many threads (moka, and quick_cache's `sync`), which costs them something here; quick_cache has a cache
//! for one thread too (`unsync`), and that is the one to compare with.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::hint::black_box;
use std::time::Instant;

use lessons::cache::{Cache, Clock, EvictionPolicy, Fifo, Lfu, Lru, S3Fifo, Sieve, WTinyLfu, optimal, trace};
use lessons::table::{Table, fixed, percent};
use moka::policy::EvictionPolicy as MokaPolicy;

const RUNS: usize = 5;

/// Runs a trace through a new cache of this capacity and gives the number of hits.
type Run = fn(usize, &[u64]) -> usize;

fn ours<P: EvictionPolicy>(policy: P, trace: &[u64]) -> usize {
    let mut cache: Cache<u64, u64, P> = Cache::new(policy);
    let mut hits = 0;
    for &key in trace {
        match cache.get(&key) {
            Some(value) => hits += usize::from(*value == key),
            None => drop(cache.put(key, key)),
        }
    }
    hits
}

fn moka(policy: MokaPolicy, capacity: usize, trace: &[u64]) -> usize {
    let cache: moka::sync::Cache<u64, u64> =
        moka::sync::Cache::builder().max_capacity(capacity as u64).eviction_policy(policy).build();
    let mut hits = 0;
    for &key in trace {
        match cache.get(&key) {
            Some(value) => hits += usize::from(value == key),
            None => cache.insert(key, key),
        }
    }
    hits
}

fn quick_unsync(capacity: usize, trace: &[u64]) -> usize {
    let mut cache: quick_cache::unsync::Cache<u64, u64> = quick_cache::unsync::Cache::new(capacity);
    let mut hits = 0;
    for &key in trace {
        match cache.get(&key) {
            Some(value) => hits += usize::from(*value == key),
            None => cache.insert(key, key),
        }
    }
    hits
}

fn quick_sync(capacity: usize, trace: &[u64]) -> usize {
    let cache: quick_cache::sync::Cache<u64, u64> = quick_cache::sync::Cache::new(capacity);
    let mut hits = 0;
    for &key in trace {
        match cache.get(&key) {
            Some(value) => hits += usize::from(value == key),
            None => cache.insert(key, key),
        }
    }
    hits
}

/// Name, family of policies, whether it is ours, and how to run it.
const CONTENDERS: [(&str, &str, bool, Run); 11] = [
    ("FIFO", "", true, |c, t| ours(Fifo::new(c), t)),
    ("CLOCK", "", true, |c, t| ours(Clock::new(c), t)),
    ("LFU", "", true, |c, t| ours(Lfu::new(c), t)),
    ("LRU", "LRU", true, |c, t| ours(Lru::new(c), t)),
    ("moka, LRU", "LRU", false, |c, t| moka(MokaPolicy::lru(), c, t)),
    ("W-TinyLFU", "TinyLFU", true, |c, t| ours(WTinyLfu::new(c), t)),
    ("moka, TinyLFU", "TinyLFU", false, |c, t| moka(MokaPolicy::tiny_lfu(), c, t)),
    ("SIEVE", "CLOCK with ghosts", true, |c, t| ours(Sieve::new(c), t)),
    ("S3-FIFO", "CLOCK with ghosts", true, |c, t| ours(S3Fifo::new(c), t)),
    ("quick_cache, unsync", "CLOCK with ghosts", false, quick_unsync),
    ("quick_cache, sync", "CLOCK with ghosts", false, quick_sync),
];

fn traces() -> Vec<(&'static str, usize, Vec<u64>)> {
    let web = |alpha| trace::zipf(100_000, alpha, 1_000_000, 4);
    vec![
        ("Zipf 0.8, cache 1%", 1_000, web(0.8)),
        ("Zipf 0.8, cache 10%", 10_000, web(0.8)),
        ("Zipf 1.0, cache 1%", 1_000, web(1.0)),
        ("Zipf 0.9 with scans", 5_000, trace::with_scans(&web(0.9), 20_000, 10_000)),
        ("loop of 1.2 times the cache", 5_000, trace::cycle(6_000, 1_000_000)),
        ("popularity shifts, four times", 5_000, trace::shifting(50_000, 0.9, 1_000_000, 4, 4)),
    ]
}

fn main() {
    let mut worst = [f64::NEG_INFINITY; 2];
    for (name, capacity, trace) in traces() {
        let mut best = [f64::INFINITY; CONTENDERS.len()];
        let mut hits = [0; CONTENDERS.len()];
        for run in 0..RUNS {
            for turn in 0..CONTENDERS.len() {
                // Another one goes first in each run.
                let which = (run + turn) % CONTENDERS.len();
                let started = Instant::now();
                hits[which] = CONTENDERS[which].3(black_box(capacity), black_box(&trace));
                best[which] = best[which].min(started.elapsed().as_nanos() as f64 / trace.len() as f64);
            }
        }
        let ratio = |which: usize| hits[which] as f64 / trace.len() as f64;
        let theirs = || (0..CONTENDERS.len()).filter(|which| !CONTENDERS[*which].2);
        let fastest = theirs().map(|which| best[which]).fold(f64::INFINITY, f64::min);
        let mut table = Table::new(["cache", "hit ratio", "ns per request", "times the fastest crate"])
            .caption(format!(
                "{name}; optimum {}",
                percent(optimal::hits(capacity, &trace) as f64 / trace.len() as f64, 1)
            ));
        for (which, (cache, family, own, _)) in CONTENDERS.into_iter().enumerate() {
            let slower = best[which] / fastest;
            table.push([cache.to_owned(), percent(ratio(which), 1), fixed(best[which], 1), fixed(slower, 2)]);
            if own {
                worst[1] = worst[1].max(slower);
            }
            // The best of ours in a family against the best of theirs.
            if !own {
                let of_ours =
                    (0..CONTENDERS.len()).filter(|i| CONTENDERS[*i].2 && CONTENDERS[*i].1 == family);
                let behind = ratio(which) - of_ours.map(ratio).fold(0.0, f64::max);
                worst[0] = worst[0].max(behind);
            }
        }
        println!("{table}\n");
    }
    println!("at most {:.2} points behind a crate of the same family", worst[0] * 100.0);
    println!("at most {:.2} times as slow as the fastest crate", worst[1]);
}
