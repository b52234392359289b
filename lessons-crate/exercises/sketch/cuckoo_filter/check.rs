//! Checks a cuckoo filter: a filter from which keys can be removed.

use algorithms::interrupt::checkpoint;
use algorithms::sketch::{absent_keys, formula, present_keys};

use super::{EXERCISE, known};
use crate::{Checker, Failure, Known, Report};

/// A cuckoo filter with four slots per bucket and fingerprints of eight bits, as the exercise asks for it.
pub trait DeletableExercise: 'static {
    /// An empty filter of this many buckets, a power of two.
    fn with_buckets(buckets: usize) -> Self
    where
        Self: Sized;
    /// Adds a key; false, and nothing changes, when no room can be made.
    fn insert(&mut self, key: u64) -> bool;
    /// False when the key is certainly not in the set.
    fn may_contain(&self, key: u64) -> bool;
    /// Removes a key once; false when it is certainly not in the set.
    fn remove(&mut self, key: u64) -> bool;
}

/// Checks a learner's cuckoo filter.
pub fn cuckoo_filter<T: DeletableExercise>() -> Report {
    check(|buckets| Box::new(T::with_buckets(buckets)))
}

type Make = fn(usize) -> Box<dyn DeletableExercise>;

/// The buckets of most properties: 1,024 slots, of which 970 can be expected to fill.
const BUCKETS: usize = 256;
const SLOTS: usize = 4 * BUCKETS;

fn check(make: Make) -> Report {
    Checker::new(&EXERCISE)
        .visible("an empty filter contains nothing", move || empty_has_nothing(make))
        .visible("an inserted key is found, until the table is full", move || finds_what_it_got(make))
        .visible("a removed key is gone, and the others stay", move || removes_only_one(make))
        .visible("at least 90% of the slots can be used", move || fills_up(make))
        .hidden("a refused key changes nothing", move || refusal_changes_nothing(make))
        .hidden("a key inserted twice must be removed twice", move || copies_count(make))
        .hidden("an absent key is not removed", move || absent_is_not_removed(make))
        .hidden("the false-positive rate is that of 8-bit fingerprints", move || rate_is_right(make))
        .finish()
}

/// Adds present keys until one is refused or `limit` are in.
fn fill(filter: &mut dyn DeletableExercise, limit: usize) -> Vec<u64> {
    let mut keys = present_keys(limit as u64);
    let refused = keys.iter().position(|key| {
        checkpoint();
        !filter.insert(*key)
    });
    keys.truncate(refused.unwrap_or(limit));
    keys
}

fn missing(filter: &dyn DeletableExercise, keys: &[u64]) -> Option<u64> {
    keys.iter().copied().find(|key| {
        checkpoint();
        !filter.may_contain(*key)
    })
}

fn empty_has_nothing(make: Make) -> Result<(), Failure> {
    let filter = make(BUCKETS);
    let found = absent_keys(10_000).into_iter().filter(|key| filter.may_contain(*key)).count();
    if found == 0 {
        return Ok(());
    }
    let failure = Failure::new("\"no\" for each of 10000 keys", format!("\"maybe\" for {found}"))
        .input(format!("with_buckets({BUCKETS}), no keys"));
    // One fingerprint in 256 is 0, which would look like an empty slot.
    Err(if (20..=70).contains(&found) { failure.known(known::ZERO_FINGERPRINT) } else { failure })
}

fn finds_what_it_got(make: Make) -> Result<(), Failure> {
    for limit in [1, 10, SLOTS / 4, SLOTS / 2, SLOTS * 7 / 10, SLOTS * 8 / 10, SLOTS * 9 / 10, SLOTS] {
        let mut filter = make(BUCKETS);
        let mut keys = Vec::new();
        for key in present_keys(limit as u64) {
            checkpoint();
            // What happens when no room is left is another property.
            if !filter.insert(key) {
                break;
            }
            keys.push(key);
        }
        // The last insertions may have moved anything, so all keys are asked for.
        let before_refusal = if keys.len() < limit { refill(make, keys.len()) } else { filter };
        if let Some(key) = missing(before_refusal.as_ref(), &keys) {
            let failure = Failure::new("\"maybe\" for each inserted key", format!("\"no\" for {key:#x}"))
                .input(format!("with_buckets({BUCKETS}), {} keys", keys.len()));
            return Err(if let Some(known) = accepts_too_much(make) {
                failure.known(known)
            } else if asks_one_bucket(make) {
                failure.known(known::ASKS_ONE_BUCKET)
            } else if keys.len() >= SLOTS / 4 {
                failure.known(known::SECOND_BUCKET_FROM_KEY)
            } else {
                failure.known(known::FALSE_NEGATIVE)
            });
        }
    }
    Ok(())
}

/// How often one key was taken of nine times, and how often it could be removed then: eight and eight, when its two
/// buckets hold four each.
fn copies_of_one_key(make: Make) -> (usize, usize) {
    let copies = present_keys(3).into_iter().map(|key| {
        let mut filter = make(BUCKETS);
        let taken = (0..9).filter(|_| filter.insert(key)).count();
        (taken, (0..20).take_while(|_| filter.remove(key)).count())
    });
    // The two buckets of a key may be one by chance.
    copies.max().unwrap_or_default()
}

/// What is wrong with an `insert` that takes one key nine times.
fn accepts_too_much(make: Make) -> Option<Known> {
    match copies_of_one_key(make) {
        (9, 0..=1) => Some(known::IGNORES_COPIES),
        (9, 2..=8) if fill(make(64).as_mut(), 4 * 64 + 1).len() > 4 * 64 => Some(known::NEVER_REFUSES),
        _ => None,
    }
}

/// Whether a key is denied that is in its second bucket only.
fn asks_one_bucket(make: Make) -> bool {
    present_keys(3).into_iter().any(|key| {
        let mut filter = make(BUCKETS);
        let taken = (0..5).filter(|_| filter.insert(key)).count();
        let removed = (0..4).filter(|_| filter.remove(key)).count();
        (taken, removed) == (5, 4) && !filter.may_contain(key) && filter.remove(key)
    })
}

/// A new filter with the first `count` present keys, none of which was refused before.
fn refill(make: Make, count: usize) -> Box<dyn DeletableExercise> {
    let mut filter = make(BUCKETS);
    present_keys(count as u64).into_iter().for_each(|key| {
        filter.insert(key);
    });
    filter
}

fn removes_only_one(make: Make) -> Result<(), Failure> {
    for count in [1, 2, 20, SLOTS / 2, SLOTS * 3 / 4] {
        let mut filter = make(BUCKETS);
        let keys = fill(filter.as_mut(), count);
        let (leaving, staying) = keys.split_at(keys.len().div_ceil(2));
        let input =
            format!("with_buckets({BUCKETS}), {} keys, the first {} removed", keys.len(), leaving.len());
        for key in leaving {
            checkpoint();
            if !filter.remove(*key) {
                // A copy of its fingerprint may have taken it along.
                let known = accepts_too_much(make).unwrap_or_else(|| {
                    if copies_count(make).is_err() {
                        known::REMOVES_EVERY_COPY
                    } else {
                        known::REMOVES_FROM_ONE_BUCKET
                    }
                });
                return Err(Failure::new("true for each key removed", format!("false for {key:#x}"))
                    .input(input)
                    .known(known));
            }
        }
        if let Some(key) = missing(filter.as_ref(), staying) {
            let known = accepts_too_much(make).or_else(|| match copies_of_one_key(make) {
                _ if copies_count(make).is_err() => Some(known::REMOVES_EVERY_COPY),
                (8, 4) => Some(known::REMOVES_FROM_BOTH),
                _ => None,
            });
            return Err(Failure::new("\"maybe\" for each key that stays", format!("\"no\" for {key:#x}"))
                .input(input)
                .maybe_known(known));
        }
        let ghosts = leaving.iter().filter(|key| filter.may_contain(**key)).count();
        // A removed key may still be a false positive, of which these are twice as many as chance allows.
        let limit = 3 + leaving.len() * 6 / 100;
        if ghosts > limit {
            let failure = Failure::new(
                format!("at most {limit} of the removed keys still \"maybe\""),
                format!("{ghosts}"),
            );
            return Err(failure.input(input).known(if copies_of_one_key(make).1 > 8 {
                known::DOES_NOT_REMOVE
            } else {
                known::FINGERPRINT_NOT_INDEPENDENT
            }));
        }
    }
    Ok(())
}

fn fills_up(make: Make) -> Result<(), Failure> {
    let mut filter = make(BUCKETS);
    let used = fill(filter.as_mut(), SLOTS).len();
    if used >= SLOTS * 9 / 10 {
        return Ok(());
    }
    let failure =
        Failure::new(format!("room for at least {} keys", SLOTS * 9 / 10), format!("room for {used}"))
            .input(format!("with_buckets({BUCKETS}), {SLOTS} slots"));
    Err(if used < SLOTS * 8 / 10 { failure.known(known::NO_RELOCATION) } else { failure })
}

fn refusal_changes_nothing(make: Make) -> Result<(), Failure> {
    let mut filter = make(64);
    let keys = fill(filter.as_mut(), 4 * 64 + 1);
    if keys.len() > 4 * 64 {
        return Err(Failure::new("false, some time before 257 keys are in 256 slots", "true each time")
            .input("with_buckets(64), 257 keys")
            .maybe_known(accepts_too_much(make)));
    }
    // The first refusal already happened; a few more make the loss of one likelier to be seen.
    absent_keys(20).into_iter().for_each(|key| {
        filter.insert(key);
    });
    match missing(filter.as_ref(), &keys) {
        None => Ok(()),
        Some(key) => {
            Err(Failure::new("all keys from before still \"maybe\"", format!("\"no\" for {key:#x}"))
                .input(format!("with_buckets(64), {} keys, then keys that are refused", keys.len()))
                .known(known::VICTIM_LOST))
        }
    }
}

fn copies_count(make: Make) -> Result<(), Failure> {
    for key in present_keys(50) {
        let mut filter = make(BUCKETS);
        filter.insert(key);
        filter.insert(key);
        filter.remove(key);
        if !filter.may_contain(key) {
            let known = accepts_too_much(make).unwrap_or(known::REMOVES_EVERY_COPY);
            return Err(Failure::new("\"maybe\": one of two copies is left", "\"no\"")
                .input(format!("insert({key:#x}) twice, remove({key:#x}) once"))
                .known(known));
        }
    }
    Ok(())
}

fn absent_is_not_removed(make: Make) -> Result<(), Failure> {
    let mut filter = make(BUCKETS);
    let keys = fill(filter.as_mut(), SLOTS / 2);
    for key in absent_keys(2_000) {
        checkpoint();
        // A false positive cannot be told from a key: removing it is the caller's mistake.
        if !filter.may_contain(key) && filter.remove(key) {
            return Err(Failure::new("false", "true")
                .input(format!(
                    "{} other keys, remove({key:#x}) of a key that is certainly absent",
                    keys.len()
                ))
                .known(known::REMOVES_THE_ABSENT));
        }
    }
    match missing(filter.as_ref(), &keys) {
        None => Ok(()),
        Some(key) => Err(Failure::new("all other keys still \"maybe\"", format!("\"no\" for {key:#x}"))),
    }
}

fn rate_is_right(make: Make) -> Result<(), Failure> {
    let mut filter = make(4 * BUCKETS);
    let keys = fill(filter.as_mut(), 4 * SLOTS * 9 / 10);
    let probes = 50_000;
    let mistakes = absent_keys(probes).into_iter().filter(|key| {
        checkpoint();
        filter.may_contain(*key)
    });
    let measured = mistakes.count() as f64 / probes as f64;
    let theory = formula::cuckoo_false_positive_rate(8, 4, keys.len() as f64 / (4 * SLOTS) as f64);
    if measured <= 1.2 * theory {
        return Ok(());
    }
    Err(Failure::new(format!("{theory:.4}, at most 1.2 times that"), format!("{measured:.4}"))
        .input(format!("with_buckets({}), {} keys, {probes} absent keys asked for", 4 * BUCKETS, keys.len()))
        .known(known::FINGERPRINT_NOT_INDEPENDENT))
}
