//! What holds for all policies, and what theory says of each.

mod twins;
mod uses;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Copy, Debug)]
enum Step {
    Get(u64),
    Put(u64),
    Remove(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0u64..20).prop_map(Step::Get),
        4 => (0u64..20).prop_map(Step::Put),
        1 => (0u64..20).prop_map(Step::Remove),
    ];
    prop::collection::vec(step, 0..300)
}

fn small_traces() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(0u64..12, 0..150)
}

proptest! {
    /// A map from which each entry is taken that the cache says it evicted: the two never differ.
    #[test]
    fn every_cache_is_a_bounded_map(capacity in 1usize..12, steps in steps()) {
        for eviction in Eviction::ALL {
            let mut cache: Cache<u64, usize, _> = Cache::new(eviction.policy(capacity));
            let mut model = BTreeMap::new();
            for (number, step) in steps.iter().enumerate() {
                match *step {
                    Step::Get(key) => prop_assert_eq!(cache.get(&key), model.get(&key)),
                    Step::Put(key) => {
                        let full = model.len() == capacity && !model.contains_key(&key);
                        let evicted = cache.put(key, number);
                        prop_assert_eq!(evicted.is_some(), full, "{}", eviction.name());
                        if let Some((key, value)) = evicted {
                            prop_assert_eq!(model.remove(&key), Some(value));
                        }
                        model.insert(key, number);
                    }
                    Step::Remove(key) => prop_assert_eq!(cache.remove(&key), model.remove(&key)),
                }
                prop_assert_eq!(cache.len(), model.len());
                let stored: BTreeMap<u64, usize> = cache.iter().map(|(key, value)| (*key, *value)).collect();
                prop_assert_eq!(&stored, &model, "{}", eviction.name());
            }
        }
    }

    #[test]
    fn nobody_beats_the_optimum(capacity in 1usize..8, trace in small_traces()) {
        let best = optimal::hits(capacity, &trace);
        for eviction in Eviction::ALL {
            let hits = eviction.hits(capacity, &trace);
            prop_assert!(hits <= best, "{} hits {hits} times, the optimum {best}", eviction.name());
        }
    }

    #[test]
    fn the_optimum_is_what_trying_everything_finds(capacity in 1usize..4, trace in prop::collection::vec(0u64..6, 0..12)) {
        prop_assert_eq!(optimal::hits(capacity, &trace), best_by_search(capacity, &trace, &mut Vec::new()));
    }

    #[test]
    fn ches_time_is_when_as_many_keys_came_as_there_is_room_for(
        weights in prop::collection::vec(1e-6f64..1.0, 2..60), room in 0.0f64..1.0,
    ) {
        let all: f64 = weights.iter().sum();
        let popularities: Vec<f64> = weights.iter().map(|weight| weight / all).collect();
        let capacity = 1 + (room * (popularities.len() - 1) as f64) as usize;
        prop_assume!(capacity < popularities.len());
        let time = theory::characteristic_time(&popularities, capacity);
        let came: f64 = popularities.iter().map(|p| 1.0 - (-p * time).exp()).sum();
        prop_assert!((came - capacity as f64).abs() < 1e-9, "{came} keys in place of {capacity}");
    }

    #[test]
    fn a_larger_lru_cache_holds_what_a_smaller_one_holds(capacity in 1usize..8, trace in small_traces()) {
        let (small, large) = (Eviction::Lru.replay(capacity, &trace), Eviction::Lru.replay(capacity + 1, &trace));
        prop_assert!(small.iter().zip(&large).all(|(small, large)| *large || !small));
    }

    #[test]
    fn one_pass_gives_lru_at_every_capacity(trace in small_traces()) {
        let curve = MissRatioCurve::of(&trace);
        for capacity in 1..14 {
            let simulated = Eviction::Lru.hit_ratio(capacity, &trace);
            prop_assert!((curve.hit_ratio(capacity) - simulated).abs() < 1e-12);
        }
        prop_assert_eq!(curve.hit_ratio(0), 0.0);
    }
}

/// The most hits of any choice of what to evict, by trying all of them.
fn best_by_search(capacity: usize, trace: &[u64], stored: &mut Vec<u64>) -> usize {
    let Some((key, rest)) = trace.split_first() else { return 0 };
    if stored.contains(key) {
        return 1 + best_by_search(capacity, rest, stored);
    }
    if stored.len() < capacity {
        stored.push(*key);
        let hits = best_by_search(capacity, rest, stored);
        stored.pop();
        return hits;
    }
    let choices = 0..capacity;
    let hits = choices.map(|victim| {
        let before = std::mem::replace(&mut stored[victim], *key);
        let hits = best_by_search(capacity, rest, stored);
        stored[victim] = before;
        hits
    });
    hits.max().unwrap_or(0)
}

const KEYS: usize = 20_000;

fn web(alpha: f64) -> Vec<u64> {
    trace::zipf(KEYS, alpha, 200_000, 4)
}

#[test]
fn lru_hits_as_often_as_che_says_and_fifo_and_random_as_the_analogue() {
    for (alpha, capacity) in [(0.6, 1_000), (0.8, 200), (0.8, 2_000), (1.0, 200)] {
        let (trace, popularities) = (web(alpha), theory::zipf(KEYS, alpha));
        let near = |measured: f64, theory: f64| {
            assert!(
                (measured - theory).abs() < 0.01,
                "alpha {alpha}, {capacity}: {measured}, theory {theory}"
            );
        };
        near(Eviction::Lru.hit_ratio(capacity, &trace), theory::che_lru(&popularities, capacity));
        let fifo = theory::che_fifo(&popularities, capacity);
        near(Eviction::Fifo.hit_ratio(capacity, &trace), fifo);
        let random = eviction::replay(Cache::new(SampledLru::new(capacity, 1)), &trace);
        near(eviction::warm_ratio(&random), fifo);
    }
}

#[test]
fn theory_at_its_ends() {
    let popularities = theory::zipf(10, 0.8);
    assert_eq!(theory::che_lru(&popularities, 10), 1.0);
    assert_eq!(theory::characteristic_time(&popularities, 11), f64::INFINITY);
    assert!((theory::static_optimum(&popularities, 10) - 1.0).abs() < 1e-12);
    // All keys equally popular: whatever is in the cache is as good.
    let uniform = theory::zipf(100, 0.0);
    assert!((theory::che_lru(&uniform, 30) - 0.3).abs() < 1e-9);
    assert!((theory::che_fifo(&uniform, 30) - 0.3).abs() < 1e-9);
}

#[test]
fn more_samples_are_closer_to_lru() {
    let (trace, capacity) = (web(0.8), 1_000);
    let lru = Eviction::Lru.hit_ratio(capacity, &trace);
    let distance = |samples| {
        let hits = eviction::replay(Cache::new(SampledLru::new(capacity, samples)), &trace);
        (eviction::warm_ratio(&hits) - lru).abs()
    };
    assert!(
        distance(1) > 2.0 * distance(3) && distance(10) < 0.003,
        "{} {} {}",
        distance(1),
        distance(3),
        distance(10)
    );
}

#[test]
fn a_loop_of_one_key_too_many() {
    let (capacity, keys) = (1_000, 1_200);
    let trace = trace::cycle(keys, 60_000);
    for eviction in [Eviction::Fifo, Eviction::Lru, Eviction::Clock, Eviction::Sieve] {
        assert_eq!(eviction.hits(capacity, &trace), 0, "{}", eviction.name());
    }
    let best = optimal::hit_ratio(capacity, &trace);
    assert!((best - 999.0 / 1_199.0).abs() < 0.005, "{best}");
    for eviction in [Eviction::S3Fifo, Eviction::WTinyLfu] {
        let ratio = eviction.hit_ratio(capacity, &trace);
        assert!(ratio > 0.6 && ratio < best, "{}: {ratio}", eviction.name());
    }
}

#[test]
fn a_larger_fifo_cache_may_hit_less() {
    // The trace of Belady, Nelson and Shedler.
    let trace = [1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5];
    let misses = |capacity| trace.len() - Eviction::Fifo.hits(capacity, &trace);
    assert_eq!((misses(3), misses(4)), (9, 10));
}

#[test]
fn admission_and_quick_demotion_beat_recency_on_web_traffic() {
    let (trace, popularities) = (web(0.8), theory::zipf(KEYS, 0.8));
    let capacity = KEYS / 100;
    let ratio = |eviction: Eviction| eviction.hit_ratio(capacity, &trace);
    let lru = ratio(Eviction::Lru);
    for eviction in [Eviction::Sieve, Eviction::S3Fifo, Eviction::WTinyLfu, Eviction::Lfu] {
        assert!(ratio(eviction) > lru + 0.05, "{}: {}, LRU {lru}", eviction.name(), ratio(eviction));
    }
    let frequency_alone = theory::static_optimum(&popularities, capacity);
    assert!((ratio(Eviction::WTinyLfu) - frequency_alone).abs() < 0.05, "{frequency_alone}");
}

#[test]
fn a_scan_empties_lru_and_not_those_with_a_door() {
    let (plain, capacity) = (web(0.9), 1_000);
    let scanned = trace::with_scans(&plain, 2_000, 1_500);
    // Hits are counted against the requests that are not part of a scan.
    let lost = |eviction: Eviction| {
        let (without, with) = (eviction.hits(capacity, &plain), eviction.hits(capacity, &scanned));
        (without as f64 - with as f64) / plain.len() as f64
    };
    assert!(lost(Eviction::Lru) > 0.04, "{}", lost(Eviction::Lru));
    for eviction in [Eviction::S3Fifo, Eviction::WTinyLfu] {
        assert!(lost(eviction) < 0.02, "{}: {}", eviction.name(), lost(eviction));
    }
}

#[test]
fn lfu_never_forgets_and_w_tiny_lfu_does() {
    let trace = trace::shifting(10_000, 0.9, 200_000, 1, 4);
    let after_shift = |eviction: Eviction| over_time(&eviction.replay(500, &trace), 10)[9].1;
    let [lfu, lru, tiny] = [Eviction::Lfu, Eviction::Lru, Eviction::WTinyLfu].map(after_shift);
    assert!(lfu < lru - 0.05, "LFU {lfu}, LRU {lru}");
    assert!(tiny > lru, "W-TinyLFU {tiny}, LRU {lru}");
}

#[test]
fn a_sample_of_the_keys_gives_nearly_the_curve() {
    let trace = trace::zipf(100_000, 0.7, 300_000, 4);
    let (exact, sampled) = (MissRatioCurve::of(&trace), MissRatioCurve::sampled(&trace, 0.05));
    for capacity in [2_000, 10_000, 30_000, 60_000] {
        let [exact, sampled] = [&exact, &sampled].map(|curve| curve.hit_ratio(capacity));
        assert!((exact - sampled).abs() < 0.03, "{capacity}: {exact}, sampled {sampled}");
    }
    let capacity = exact.capacity_for(0.3).expect("it hits that often");
    assert!(exact.hit_ratio(capacity) >= 0.3 && exact.hit_ratio(capacity - 1) < 0.3);
    assert_eq!(exact.capacity_for(0.99), None);
}

#[test]
fn parts_of_a_replay() {
    let parts = over_time(&[true, true, false, true, false], 2);
    assert_eq!(parts, [(1.5, 2.0 / 3.0), (4.0, 0.5)]);
    assert!(over_time(&[], 3).is_empty());
}
