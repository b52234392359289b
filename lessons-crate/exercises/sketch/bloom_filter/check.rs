//! Checks a Bloom filter.

mod diagnosis;

use std::any::Any;

use algorithms::hash::{hash_bytes, reduce};
use algorithms::interrupt::checkpoint;
use algorithms::sketch::{absent_keys, formula, present_keys};
use algorithms::stats::proportion_error;

use super::{EXERCISE, known};
use crate::{Checker, Failure, Report};

/// A Bloom filter of byte strings, as the exercise asks for it.
pub trait BloomExercise: 'static {
    /// An empty filter for `capacity` keys with this false-positive rate (0.01 is 1%).
    fn with_rate(capacity: usize, rate: f64) -> Self
    where
        Self: Sized;
    /// Adds a key.
    fn insert(&mut self, key: &[u8]);
    /// False when the key is certainly not in the set.
    fn may_contain(&self, key: &[u8]) -> bool;
    /// The memory that the bits take, in bits: 64 for each `u64`, 8 for each `bool`.
    fn size_bits(&self) -> usize;
    /// Adds all keys of `other`, or refuses and changes nothing when the two differ in size.
    ///
    /// # Errors
    ///
    /// When the two filters differ in size.
    fn union(&mut self, other: &Self) -> Result<(), &'static str>
    where
        Self: Sized;
}

/// Checks a learner's Bloom filter.
pub fn bloom_filter<T: BloomExercise>() -> Report {
    check(|capacity, rate| Box::new(Shim(T::with_rate(capacity, rate))))
}

/// [`BloomExercise`] without its type, so that everything below is compiled here.
trait Object {
    fn insert(&mut self, key: &[u8]);
    fn may_contain(&self, key: &[u8]) -> bool;
    fn size_bits(&self) -> usize;
    fn union(&mut self, other: &dyn Object) -> Result<(), &'static str>;
    fn as_any(&self) -> &dyn Any;
}

struct Shim<T>(T);

impl<T: BloomExercise> Object for Shim<T> {
    fn insert(&mut self, key: &[u8]) {
        self.0.insert(key);
    }
    fn may_contain(&self, key: &[u8]) -> bool {
        self.0.may_contain(key)
    }
    fn size_bits(&self) -> usize {
        self.0.size_bits()
    }
    fn union(&mut self, other: &dyn Object) -> Result<(), &'static str> {
        match other.as_any().downcast_ref::<T>() {
            Some(other) => self.0.union(other),
            None => Err("another type"),
        }
    }
    fn as_any(&self) -> &dyn Any {
        &self.0
    }
}

type Make = fn(usize, f64) -> Box<dyn Object>;

fn check(make: Make) -> Report {
    Checker::new(&EXERCISE)
        .visible("an inserted key is always found", move || finds_what_it_got(make))
        .visible("an empty filter contains nothing", move || empty_has_nothing(make))
        .visible("the false-positive rate is the one asked for", move || rate_is_right(make))
        .visible("the memory is that of the formula", move || memory_is_right(make))
        .visible("a union holds the keys of both", move || union_has_both(make))
        .hidden("filters of different sizes refuse to unite", move || sizes_must_match(make))
        .hidden("the same keys give the same answers every time", move || is_deterministic(make))
        .hidden("every byte of a key counts, and its length", move || whole_key_counts(make))
        .finish()
}

/// A filter made for `capacity` keys, with these keys in it.
fn filled(make: Make, capacity: usize, rate: f64, keys: &[u64]) -> Box<dyn Object> {
    let mut filter = make(capacity, rate);
    for key in keys {
        checkpoint();
        filter.insert(&key.to_le_bytes());
    }
    filter
}

fn first_missing(filter: &dyn Object, keys: &[u64]) -> Option<usize> {
    keys.iter().position(|key| {
        checkpoint();
        !filter.may_contain(&key.to_le_bytes())
    })
}

fn finds_what_it_got(make: Make) -> Result<(), Failure> {
    for count in [1, 2, 10, 100, 1_000, 20_000] {
        let keys = present_keys(count as u64);
        let filter = filled(make, count, 0.01, &keys);
        if let Some(missing) = first_missing(filter.as_ref(), &keys) {
            return Err(Failure::new("\"maybe\" for each inserted key", "\"no\" for one of them")
                .input(format!("with_rate({count}, 0.01), {count} keys, number {missing} is lost"))
                .known(known::FALSE_NEGATIVE));
        }
    }
    Ok(())
}

fn empty_has_nothing(make: Make) -> Result<(), Failure> {
    let filter = make(100, 0.01);
    match (0u64..1_000).find(|key| filter.may_contain(&key.to_le_bytes())) {
        None => Ok(()),
        Some(key) => {
            Err(Failure::new("\"no\" for every key", format!("\"maybe\" for {:?}", key.to_le_bytes()))
                .input("with_rate(100, 0.01), no keys")
                .known(known::EMPTY_SAYS_MAYBE))
        }
    }
}

/// Probes per filter: four standard errors at 1% are then 0.18%.
const PROBES: u64 = 50_000;

fn measured_rate(filter: &dyn Object) -> f64 {
    let mistakes = absent_keys(PROBES).into_iter().filter(|key| {
        checkpoint();
        filter.may_contain(&key.to_le_bytes())
    });
    mistakes.count() as f64 / PROBES as f64
}

fn rate_is_right(make: Make) -> Result<(), Failure> {
    for capacity in [500, 5_000, 20_000] {
        for rate in [0.1, 0.03, 0.01, 0.001] {
            let filter = filled(make, capacity, rate, &present_keys(capacity as u64));
            let measured = measured_rate(filter.as_ref());
            // Two kinds of chance: which probes were drawn, and how many bits came to be set.
            let bits = formula::optimal_bits(capacity as u64, rate) as f64;
            let by_fill = rate * 0.6 * -rate.log2() / bits.sqrt();
            let limit = 1.03 * rate + 4.0 * proportion_error(rate, PROBES).hypot(by_fill);
            if measured > limit {
                let expected = format!("{rate} (at most {limit:.4} with what chance allows)");
                return Err(Failure::new(expected, format!("{measured:.4}"))
                    .input(format!(
                        "with_rate({capacity}, {rate}), {capacity} keys, {PROBES} absent keys asked for"
                    ))
                    .maybe_known(diagnosis::of_rate(capacity, rate, filter.size_bits(), measured)));
            }
        }
    }
    Ok(())
}

fn memory_is_right(make: Make) -> Result<(), Failure> {
    for (capacity, rate) in [(1_000, 0.01), (10_000, 0.1), (10_000, 0.001), (50_000, 0.01)] {
        let optimum = formula::optimal_bits(capacity as u64, rate);
        let found = make(capacity, rate).size_bits();
        // Two words for rounding.
        let limit = optimum as f64 * 1.02 + 128.0;
        if (found as f64) < optimum as f64 * 0.98 - 128.0 {
            let failure = Failure::new(format!("{optimum} bits"), format!("{found} bits"))
                .input(format!("with_rate({capacity}, {rate})"));
            let unit = [8, 64].iter().any(|unit| (found * unit).abs_diff(optimum as usize) <= 64);
            return Err(if unit { failure.known(known::COUNTS_WORDS) } else { failure });
        }
        if found as f64 > limit {
            let ratio = found as f64 / optimum as f64;
            let known = if (ratio - 8.0).abs() < 0.3 {
                Some(known::ONE_BYTE_PER_BIT)
            } else if (ratio - 64.0).abs() < 2.0 {
                Some(known::ONE_WORD_PER_BIT)
            } else {
                None
            };
            return Err(Failure::new(format!("{optimum} bits, at most {limit:.0}"), format!("{found} bits"))
                .input(format!("with_rate({capacity}, {rate})"))
                .maybe_known(known));
        }
    }
    Ok(())
}

fn union_has_both(make: Make) -> Result<(), Failure> {
    for half in [1, 10, 1_000] {
        let keys = present_keys(2 * half as u64);
        let capacity = 2 * half;
        let mut union = filled(make, capacity, 0.01, &keys[..half]);
        let other = filled(make, capacity, 0.01, &keys[half..]);
        let input = format!("two filters with_rate({capacity}, 0.01), {half} keys in each");
        if let Err(error) = union.union(other.as_ref()) {
            return Err(Failure::new("Ok(()) for filters of one size", format!("Err({error:?})"))
                .input(input)
                .known(known::UNION_REFUSES_EQUALS));
        }
        if let Some(missing) = first_missing(union.as_ref(), &keys) {
            let whose = if missing < half { "the first" } else { "the second" };
            return Err(Failure::new("all keys of both", format!("a key of {whose} is lost"))
                .input(input)
                .known(diagnosis::of_union(make, half, union.as_ref(), &keys)));
        }
    }
    Ok(())
}

fn sizes_must_match(make: Make) -> Result<(), Failure> {
    // Larger, smaller, another rate, and of the same number of words.
    let sizes = [
        (1_000, 0.01, 4_000, 0.01),
        (4_000, 0.01, 1_000, 0.01),
        (1_000, 0.01, 1_000, 0.001),
        (1_000, 0.01, 1_001, 0.01),
    ];
    let probes = absent_keys(5_000);
    for (capacity, rate, other_capacity, other_rate) in sizes {
        // Full, so that bits which are set wrongly show.
        let keys = present_keys((capacity + other_capacity) as u64);
        let mut filter = filled(make, capacity, rate, &keys[..capacity]);
        let other = filled(make, other_capacity, other_rate, &keys[capacity..]);
        let answers = |filter: &dyn Object| -> Vec<bool> {
            keys.iter().chain(&probes).map(|key| filter.may_contain(&key.to_le_bytes())).collect()
        };
        let before = answers(filter.as_ref());
        let failure = |expected: &str, found: &str| {
            Failure::new(expected, found).input(format!(
                "a filter with_rate({capacity}, {rate}) united with one of with_rate({other_capacity}, {other_rate})"
            ))
        };
        let same_memory = filter.size_bits() == other.size_bits();
        if filter.union(other.as_ref()).is_err() {
            if answers(filter.as_ref()) != before {
                return Err(failure("an unchanged filter", "another filter, after an error")
                    .known(known::CHANGES_AND_REFUSES));
            }
        } else if !same_memory {
            return Err(failure("Err(..)", "Ok(())").known(known::UNION_OF_DIFFERENT_SIZES));
        } else if first_missing(filter.as_ref(), &keys).is_some() {
            // They may be united when they differ in name only.
            return Err(failure("Err(..), or all keys of both", "Ok(()), and a key is lost")
                .known(known::COMPARES_WORDS));
        }
    }
    Ok(())
}

fn is_deterministic(make: Make) -> Result<(), Failure> {
    let keys = present_keys(2_000);
    let (first, second) = (filled(make, 2_000, 0.05, &keys), filled(make, 2_000, 0.05, &keys));
    let answers = |filter: &dyn Object| -> Vec<bool> {
        absent_keys(5_000).iter().map(|key| filter.may_contain(&key.to_le_bytes())).collect()
    };
    if answers(first.as_ref()) == answers(second.as_ref()) {
        return Ok(());
    }
    Err(Failure::new("the same answers from two filters of the same keys", "different answers")
        .input("with_rate(2000, 0.05), twice, 2000 keys")
        .known(known::RANDOM_HASHER))
}

fn whole_key_counts(make: Make) -> Result<(), Failure> {
    let mut filter = make(1_000, 1e-6);
    let long = [7u8; 300];
    filter.insert(&long);
    filter.insert(b"");
    if !filter.may_contain(&long) || !filter.may_contain(b"") {
        return Err(Failure::new("\"maybe\" for keys of 0 and of 300 bytes", "\"no\" for one of them"));
    }
    let mut changed: Vec<(String, Vec<u8>)> = vec![
        ("[7; 299]".into(), long[..299].to_vec()),
        ("[7; 301]".into(), [long.as_slice(), &[7]].concat()),
        ("[0]".into(), vec![0]),
    ];
    for position in [0, 1, 7, 8, 31, 32, 150, 299] {
        let mut key = long.to_vec();
        key[position] = reduce(hash_bytes(b"other", position as u64), 7) as u8;
        changed.push((format!("[7; 300] with byte {position} changed"), key));
    }
    match changed.iter().find(|(_, key)| filter.may_contain(key)) {
        None => Ok(()),
        Some((name, _)) => Err(Failure::new("\"no\" for a key that differs in one byte", "\"maybe\"")
            .input(format!("[7; 300] and [] inserted, {name} asked for"))
            .known(known::PART_OF_KEY)),
    }
}
