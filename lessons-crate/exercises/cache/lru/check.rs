//! Checks an LRU cache.

#![expect(
    clippy::disallowed_methods,
    reason = "whether a request takes longer in a larger cache is measured"
)]

use std::time::{Duration, Instant};

use algorithms::cache::{Cache, Lru};
use algorithms::interrupt::checkpoint;
use algorithms::rng::Rng;

use super::{EXERCISE, known};
use crate::{Checker, Failure, Report};

/// A cache that evicts what was not used for the longest, as the exercise asks for it.
pub trait LruExercise: 'static {
    /// An empty cache with room for `capacity` keys, at least 1.
    fn new(capacity: usize) -> Self
    where
        Self: Sized;
    /// The value of a key; the key is then the one used last.
    fn get(&mut self, key: u64) -> Option<u64>;
    /// Stores a value; the key is then the one used last. Gives back the entry that had to leave, if one had to.
    fn put(&mut self, key: u64, value: u64) -> Option<(u64, u64)>;
    /// How many keys are stored.
    fn count(&self) -> usize;
}

/// Checks a learner's LRU cache.
pub fn lru<T: LruExercise>() -> Report {
    check(|capacity| Box::new(T::new(capacity)))
}

type Make = fn(usize) -> Box<dyn LruExercise>;

fn check(make: Make) -> Report {
    Checker::new(&EXERCISE)
        .visible("a stored value is found, an absent key is not", move || finds(make))
        .visible("a full cache evicts the key that was not used the longest", move || evicts_the_oldest(make))
        .visible("asking for a key is a use of it", move || get_is_a_use(make))
        .visible("storing a key again replaces its value and is a use", move || put_again(make))
        .hidden("an evicted key is gone", move || evicted_is_gone(make))
        .hidden("300 random runs end as they should", move || random_runs(make))
        .hidden("a request takes no longer in a larger cache", move || constant_time(make))
        .finish()
}

/// A cache of this capacity in which the keys 1, 2, ... were stored in turn, with ten times their number.
fn filled(make: Make, capacity: usize, keys: u64) -> Box<dyn LruExercise> {
    let mut cache = make(capacity);
    for key in 1..=keys {
        cache.put(key, 10 * key);
    }
    cache
}

fn finds(make: Make) -> Result<(), Failure> {
    let mut cache = filled(make, 3, 2);
    let found = (cache.get(1), cache.get(2), cache.get(3), cache.count());
    let expected = (Some(10), Some(20), None, 2);
    if found == expected {
        return Ok(());
    }
    Err(Failure::new(format!("{expected:?}"), format!("{found:?}"))
        .input("new(3), put(1, 10), put(2, 20), then get(1), get(2), get(3), count()"))
}

fn evicts_the_oldest(make: Make) -> Result<(), Failure> {
    for capacity in [1, 2, 3] {
        let mut cache = filled(make, capacity, capacity as u64);
        let newcomer = capacity as u64 + 1;
        let evicted = cache.put(newcomer, 0);
        let input = format!("new({capacity}), put 1 to {newcomer} in turn");
        if cache.count() > capacity {
            return Err(Failure::new(format!("{capacity} keys"), format!("{} keys", cache.count()))
                .input(input)
                .known(known::CAPACITY_EXCEEDED));
        }
        if evicted != Some((1, 10)) {
            let failure = Failure::new("Some((1, 10)) is evicted", format!("{evicted:?}")).input(input);
            let newest = evicted.is_some_and(|(key, _)| key == capacity as u64 || key == newcomer);
            return Err(if newest && capacity > 1 {
                failure.known(known::EVICTS_THE_NEWEST)
            } else if evicted.is_none() {
                failure.known(known::NOBODY_LEAVES)
            } else {
                failure
            });
        }
    }
    Ok(())
}

fn get_is_a_use(make: Make) -> Result<(), Failure> {
    let mut cache = filled(make, 2, 2);
    cache.get(1);
    let evicted = cache.put(3, 30);
    if evicted == Some((2, 20)) {
        return Ok(());
    }
    let failure = Failure::new("Some((2, 20)) is evicted", format!("{evicted:?}"))
        .input("new(2), put(1, 10), put(2, 20), get(1), put(3, 30)");
    Err(if evicted == Some((1, 10)) { failure.known(known::GET_IS_NOT_A_USE) } else { failure })
}

fn put_again(make: Make) -> Result<(), Failure> {
    let mut cache = filled(make, 2, 2);
    let input = "new(2), put(1, 10), put(2, 20), put(1, 11), put(3, 30)";
    let evicted = cache.put(1, 11);
    if evicted.is_some() || cache.count() != 2 {
        return Err(Failure::new(
            "nothing is evicted by put(1, 11)",
            format!("{evicted:?}, {} keys", cache.count()),
        )
        .input(input)
        .known(known::REPLACING_EVICTS));
    }
    let evicted = cache.put(3, 30);
    if evicted == Some((1, 11)) || evicted == Some((1, 10)) {
        return Err(Failure::new("Some((2, 20)) is evicted", format!("{evicted:?}"))
            .input(input)
            .known(known::PUT_IS_NOT_A_USE));
    }
    let value = cache.get(1);
    if value == Some(10) {
        return Err(Failure::new("get(1) gives Some(11)", "Some(10)")
            .input(input)
            .known(known::OLD_VALUE_KEPT));
    }
    if evicted == Some((2, 20)) && value == Some(11) {
        return Ok(());
    }
    Err(Failure::new("Some((2, 20)) is evicted, get(1) gives Some(11)", format!("{evicted:?}, {value:?}"))
        .input(input))
}

fn evicted_is_gone(make: Make) -> Result<(), Failure> {
    let mut cache = filled(make, 2, 3);
    let found = (cache.get(1), cache.get(2), cache.get(3));
    let expected = (None, Some(20), Some(30));
    if found == expected {
        return Ok(());
    }
    let failure = Failure::new(format!("{expected:?}"), format!("{found:?}"))
        .input("new(2), put(1, 10), put(2, 20), put(3, 30), then get(1), get(2), get(3)");
    Err(if found.0.is_some() {
        failure.known(known::GHOST_KEY)
    } else if found.2.is_none() {
        failure.known(known::NEWCOMER_NOT_IN_THE_MAP)
    } else if found.2 == Some(10) {
        failure.known(known::VALUE_OF_THE_EVICTED)
    } else {
        failure
    })
}

fn random_runs(make: Make) -> Result<(), Failure> {
    let mut rng = Rng::new(4);
    for run in 0..300 {
        let capacity = 1 + run % 7;
        let (mut cache, mut model) = (make(capacity), Cache::<u64, u64>::new(Lru::new(capacity)));
        let mut done = format!("new({capacity})");
        for step in 0..40 {
            checkpoint();
            let key = rng.below(2 * capacity as u64 + 1);
            let (found, expected) = if rng.chance(0.5) {
                done += &format!(", get({key})");
                (format!("{:?}", cache.get(key)), format!("{:?}", model.get(&key)))
            } else {
                done += &format!(", put({key}, {step})");
                (format!("{:?}", cache.put(key, step)), format!("{:?}", model.put(key, step)))
            };
            if found != expected || cache.count() != model.len() {
                let expected = format!("{expected}, {} keys", model.len());
                return Err(Failure::new(expected, format!("{found}, {} keys", cache.count()))
                    .input(done)
                    .known(known::STALE_LINK));
            }
        }
    }
    Ok(())
}

/// Entries of the small and the large cache.
const SIZES: [usize; 2] = [64, 16_384];
/// How much longer a request may take in the large one, which does not fit into the processor's first cache. One that
/// looks at every entry takes 256 times as long.
const SLOWER: f64 = 25.0;

fn constant_time(make: Make) -> Result<(), Failure> {
    // The fastest of some runs, because another program may have been running.
    let fastest = |capacity: usize| {
        let mut cache = filled(make, capacity, capacity as u64);
        let runs = (0..4).map(|run| {
            let started = Instant::now();
            let base = (run * 500) as u64;
            for step in 0..500 {
                checkpoint();
                cache.put(1_000_000 + base + step, step);
                // One of the oldest that are left.
                cache.get(base + step + capacity as u64 / 2);
            }
            started.elapsed()
        });
        runs.min().unwrap_or_default().max(Duration::from_micros(1))
    };
    let [small, large] = SIZES.map(fastest);
    let ratio = large.as_secs_f64() / small.as_secs_f64();
    if ratio < SLOWER {
        return Ok(());
    }
    Err(Failure::new("about the same time", format!("{ratio:.0} times as long"))
        .input(format!("1,000 requests with {} keys stored, and with {}", SIZES[0], SIZES[1]))
        .known(known::LINEAR_TIME))
}
