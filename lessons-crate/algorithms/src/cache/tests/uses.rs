//! Expiry, writes, races, stampedes, levels and content delivery, against theory and against the documents.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::super::*;
use crate::rng::Rng;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_fixed_and_a_sliding_lifetime_hit_as_often_as_theory_says() {
    let cases = [
        (Lifetime::Fixed, theory::fixed_ttl as fn(f64, Duration) -> f64),
        (Lifetime::Sliding, theory::sliding_ttl),
    ];
    for (lifetime, expected) in cases {
        for (rate, ttl) in [(0.5, SECOND), (2.0, SECOND), (10.0, SECOND / 2)] {
            let (measured, expected) = (simulate_ttl(lifetime, rate, ttl, 50_000, 4), expected(rate, ttl));
            assert!((measured - expected).abs() < 0.01, "{lifetime:?} {rate}: {measured}, theory {expected}");
        }
    }
}

#[test]
fn absence_is_remembered_for_a_time_of_its_own() {
    let mut cache = TtlCache::new(Lru::new(10), Lifetime::Fixed);
    let mut loads = 0;
    let mut ask = |now: u64, key: u64| {
        let lifetimes = (10 * SECOND, 2 * SECOND);
        cache.get_or_load(Duration::from_secs(now), key, lifetimes, |key| {
            loads += 1;
            (*key < 5).then_some(*key)
        })
    };
    assert_eq!((ask(0, 1), ask(9, 1)), (Some(1), Some(1)));
    assert_eq!((ask(9, 99), ask(10, 99), ask(11, 99)), (None, None, None));
    assert_eq!(ask(12, 1), Some(1));
    assert_eq!(loads, 4);
}

#[test]
fn jitter_is_even_and_bounded() {
    let mut rng = Rng::new(4);
    let drawn: Vec<f64> = (0..20_000).map(|_| jitter(10 * SECOND, 0.1, &mut rng).as_secs_f64()).collect();
    assert!(drawn.iter().all(|ttl| (9.0..=11.0).contains(ttl)));
    assert!((crate::stats::mean(&drawn) - 10.0).abs() < 0.02);
    assert_eq!(jitter(SECOND, 0.0, &mut rng), SECOND);
}

proptest! {
    /// Reads give what a plain map gives, except where the policy says that they may not.
    #[test]
    fn who_reads_what_was_written(steps in prop::collection::vec((0u64..8, any::<bool>()), 0..200), capacity in 1usize..6) {
        for policy in [WritePolicy::CacheAside, WritePolicy::WriteThrough, WritePolicy::WriteBack] {
            let (mut store, mut model) = (CachedStore::new(policy, capacity, SECOND), BTreeMap::new());
            for (time, &(key, write)) in steps.iter().enumerate() {
                let now = Duration::from_millis(300 * time as u64);
                if write {
                    store.write(now, key);
                    *model.entry(key).or_insert(0) += 1;
                } else {
                    prop_assert_eq!(store.read(now, key), model.get(&key).copied().unwrap_or(0), "{}", policy.name());
                }
            }
            prop_assert_eq!(store.counts().stale_reads, 0);
            // After a flush a crash loses nothing.
            store.flush();
            store.crash();
            prop_assert_eq!(store.counts().lost_writes, 0);
            let end = 300 * SECOND;
            for (key, version) in model {
                prop_assert_eq!(store.read(end, key), version);
            }
        }
    }
}

#[test]
fn what_each_write_policy_costs() {
    let workload = WriteWorkload::default();
    let run = |policy| workload.run(policy);
    let [aside, through, back, around] = WritePolicy::ALL.map(run);
    for counts in [aside, through, around] {
        assert_eq!((counts.store_writes, counts.lost_writes), (counts.writes, 0), "{counts:?}");
    }
    assert_eq!((aside.stale_reads, through.stale_reads, back.stale_reads), (0, 0, 0));
    assert!(around.stale_reads > 1_000, "{around:?}");
    assert!(back.store_writes < back.writes * 2 / 3 && back.lost_writes > 100, "{back:?}");
    assert!(through.hits > aside.hits, "what was written is read soon");
    let flushed = WriteWorkload { flush_every: Some(SECOND), ..workload.clone() }.run(WritePolicy::WriteBack);
    // A crash loses what came since the last flush: at most 1 s of 100 writes a second.
    assert!(flushed.lost_writes < 150 && flushed.store_writes > back.store_writes, "{flushed:?}");
    // With write-around the time to live bounds how long a value is old.
    let short = WriteWorkload { ttl: SECOND, ..workload }.run(WritePolicy::WriteAround);
    assert!(short.stale_reads < around.stale_reads, "{short:?}");
}

#[test]
fn a_write_that_goes_past_the_cache_is_seen_when_its_copy_expires() {
    let mut store = CachedStore::new(WritePolicy::WriteThrough, 10, 10 * SECOND);
    store.write(Duration::ZERO, 1);
    store.write_elsewhere(1);
    assert_eq!((store.read(9 * SECOND, 1), store.read(10 * SECOND, 1)), (1, 2));
    assert_eq!(store.counts().stale_reads, 1);
}

#[test]
fn only_leases_and_versions_win_every_race() {
    use race::{Invalidation, explore};
    let results = Invalidation::ALL
        .map(|invalidation| (invalidation, explore(invalidation, 1), explore(invalidation, 2)));
    for (invalidation, one, two) in &results {
        assert_eq!((one.orders, two.orders), (10, 210));
        let safe = matches!(invalidation, Invalidation::Lease | Invalidation::Version);
        assert_eq!(two.stale == 0, safe, "{}: {}", invalidation.name(), two.stale);
        assert_eq!(one.example.len(), if one.stale > 0 { 5 } else { 0 });
    }
    let stale =
        |which: Invalidation| results.iter().find(|(other, ..)| *other == which).map(|(_, one, _)| one.stale);
    // The one order: look, load, both steps of the writer, fill.
    assert_eq!(stale(Invalidation::DeleteAfter), Some(1));
    assert!(stale(Invalidation::DeleteFirst) > stale(Invalidation::DeleteAfter));
}

#[test]
fn the_stampede_is_as_large_as_theory_says() {
    let hot = Stampede::default();
    let plain = hot.run(Protection::Nothing);
    let expected = theory::stampede_size(hot.rate, hot.recompute);
    assert!((plain.computations_per_refresh() / expected - 1.0).abs() < 0.05, "{plain:?}");
    let single = hot.run(Protection::SingleFlight);
    assert_eq!((single.most_at_once, single.computations_per_refresh()), (1, 1.0));
    assert!(single.waited > 100 * single.refreshes, "they wait for the one");
    let stale = hot.run(Protection::StaleWhileRevalidate { window: SECOND });
    assert_eq!((stale.most_at_once, stale.waited), (1, 0));
    assert!(stale.stale > 100 * stale.refreshes);
}

#[test]
fn x_fetch_recomputes_e_to_the_one_over_beta_times() {
    let hot = Stampede { length: Duration::from_secs(4_000), rate: 500.0, ..Stampede::default() };
    for beta in [1.0, 2.0] {
        let result = hot.run(Protection::XFetch { beta });
        let (measured, expected) = (result.computations_per_refresh(), theory::x_fetch_recomputations(beta));
        assert!((measured / expected - 1.0).abs() < 0.1, "beta {beta}: {measured}, theory {expected}");
        assert_eq!(result.stale, 0);
    }
}

#[test]
fn levels_answer_as_one_lru_of_each_size() {
    let trace = trace::zipf(10_000, 0.9, 50_000, 4);
    let [near, far, store] = [1, 100, 10_000].map(Duration::from_micros);
    let result = Levels::new(store)
        .level("near", Eviction::Lru, 100, near)
        .level("far", Eviction::Lru, 2_000, far)
        .run(&trace);
    let alone = Eviction::Lru.hit_ratio(100, &trace);
    assert!((result.hits[0].1 - alone).abs() < 1e-12);
    let shares = result.hits[0].1 + result.hits[1].1 + result.store;
    assert!((shares - 1.0).abs() < 1e-12, "{result:?}");
    let expected = theory::mean_latency(alone, near, far) + store.mul_f64(result.store);
    assert!(result.mean_latency.abs_diff(expected) < Duration::from_nanos(10), "{result:?} {expected:?}");
}

#[test]
fn cache_control_as_the_documents_say() {
    let seconds = Duration::from_secs;
    let cases = [
        ("max-age=60", 59, Serve::Fresh),
        ("max-age=60", 60, Serve::Revalidate),
        ("MAX-AGE=\"60\"", 59, Serve::Fresh),
        ("max-age=60, s-maxage=10", 30, Serve::Revalidate),
        ("max-age=60, s-maxage=600", 599, Serve::Fresh),
        ("no-cache, max-age=60", 0, Serve::Revalidate),
        ("no-store", 0, Serve::NotStored),
        ("private, max-age=60", 1, Serve::NotStored),
        ("", 0, Serve::Revalidate),
        ("max-age=60, stale-while-revalidate=30", 89, Serve::StaleWhileRevalidate),
        ("max-age=60, stale-while-revalidate=30", 90, Serve::Revalidate),
        ("max-age=60, stale-if-error=300", 359, Serve::StaleIfError),
        ("max-age=60, stale-if-error=300, must-revalidate", 61, Serve::Revalidate),
        ("max-age=sixty", 0, Serve::Revalidate),
    ];
    for (header, age, expected) in cases {
        assert_eq!(CacheControl::parse(header).serve(seconds(age)), expected, "{header} at {age} s");
    }
}

#[test]
fn a_shield_asks_the_origin_once_for_all_edges() {
    let origin_requests = |shield| {
        let mut cdn = Cdn::new(20, shield, "s-maxage=60");
        for edge in 0..20 {
            cdn.get(Duration::from_millis(edge), edge as usize, "/logo");
        }
        cdn.origin_requests()
    };
    assert_eq!((origin_requests(false), origin_requests(true)), (20, 1));
}

#[test]
fn age_counts_the_time_in_every_cache() {
    let mut cdn = Cdn::new(2, true, "s-maxage=60");
    cdn.get(Duration::ZERO, 0, "/");
    let late = cdn.get(50 * SECOND, 1, "/");
    assert_eq!((late.answered, late.age), (Answered::Miss, 50 * SECOND));
    // Ten seconds are left of the sixty, not sixty more.
    assert_eq!(cdn.get(59 * SECOND, 1, "/").answered, Answered::Hit);
    assert_eq!(cdn.get(61 * SECOND, 1, "/").answered, Answered::Revalidated);
    assert_eq!((cdn.origin_requests(), cdn.not_modified()), (2, 1));
}

#[test]
fn old_content_goes_by_expiry_purge_or_never() {
    let mut cdn = Cdn::new(1, false, "s-maxage=60, stale-while-revalidate=10, stale-if-error=600");
    let version = |cdn: &mut Cdn, second: u64| {
        let response = cdn.get(Duration::from_secs(second), 0, "/price");
        (response.version, response.answered)
    };
    assert_eq!(version(&mut cdn, 0), (1, Answered::Miss));
    cdn.publish("/price");
    assert_eq!(version(&mut cdn, 59), (1, Answered::Hit));
    assert_eq!(version(&mut cdn, 61), (1, Answered::Stale));
    assert_eq!(version(&mut cdn, 62), (2, Answered::Hit));
    cdn.publish("/price");
    cdn.purge("/price");
    assert_eq!(version(&mut cdn, 63), (3, Answered::Miss));
    cdn.set_origin_up(false);
    assert_eq!(version(&mut cdn, 200), (3, Answered::StaleOnError));
    assert_eq!(version(&mut cdn, 800), (0, Answered::Error));
}
