//! Checks a filter that grows.

use algorithms::interrupt::checkpoint;
use algorithms::sketch::{absent_keys, formula, present_keys};
use algorithms::stats::proportion_error;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

/// A filter for any number of keys, as the exercise asks for it; its stages may be `BloomFilter`s.
pub trait GrowingExercise: 'static {
    /// An empty filter whose first stage takes `first` keys, with this false-positive rate for all its stages
    /// together (0.01 is 1%).
    fn with_first(first: usize, rate: f64) -> Self
    where
        Self: Sized;
    /// Adds a key; one that is already found takes no room.
    fn insert(&mut self, key: u64);
    /// False when the key is certainly not in the set.
    fn may_contain(&self, key: u64) -> bool;
    /// How many filters there are by now.
    fn stages(&self) -> usize;
    /// The memory of all stages, in bits.
    fn size_bits(&self) -> usize;
}

/// Checks a learner's growing filter.
pub fn growing_filter<T: GrowingExercise>() -> Report {
    check(|first, rate| Box::new(T::with_first(first, rate)))
}

type Make = fn(usize, f64) -> Box<dyn GrowingExercise>;

const FIRST: usize = 50;
const RATE: f64 = 0.02;

fn check(make: Make) -> Report {
    Checker::new(&EXERCISE)
        .visible("every key is found, however many there are", move || finds_all(make))
        .visible("it starts with one stage and adds few", move || stages_are_few(make))
        .visible("the false-positive rate holds for all stages together", move || rate_holds(make))
        .hidden("the memory stays near that of a filter made for all the keys", move || {
            memory_is_bounded(make)
        })
        .hidden("a key that comes again takes no room", move || again_takes_no_room(make))
        .finish()
}

fn filled(make: Make, keys: &[u64]) -> Box<dyn GrowingExercise> {
    let mut filter = make(FIRST, RATE);
    for key in keys {
        checkpoint();
        filter.insert(*key);
    }
    filter
}

fn with_keys(count: usize) -> String {
    format!("with_first({FIRST}, {RATE}), {count} keys")
}

fn finds_all(make: Make) -> Result<(), Failure> {
    for count in [1, FIRST, FIRST + 1, 2 * FIRST, 3 * FIRST, 20 * FIRST] {
        let keys = present_keys(count as u64);
        let filter = filled(make, &keys);
        let lost = keys.iter().filter(|key| !filter.may_contain(**key)).count();
        if lost == 0 {
            continue;
        }
        let failure = Failure::new("\"maybe\" for each key", format!("\"no\" for {lost} of them"))
            .input(with_keys(count));
        return Err(if count <= FIRST {
            failure.diagnosis(
                "false-negative",
                "A key is lost although the first stage has room: is it added to that stage at all?",
            )
        } else if filter.stages() > 1 {
            failure.diagnosis("looks-in-one-stage", "Old keys stay in the stages where they were put: `may_contain` must ask every stage, and one \"maybe\" is enough.")
        } else {
            failure.diagnosis("forgets-old-keys", "A larger filter cannot be filled from a smaller one, because the keys are not stored: keep the old filter and put new keys into an additional one.")
        });
    }
    Ok(())
}

fn stages_are_few(make: Make) -> Result<(), Failure> {
    for (count, most) in [(1, 1), (FIRST, 1), (FIRST + 10, 2), (20 * FIRST, 6), (500 * FIRST, 11)] {
        let found = filled(make, &present_keys(count as u64)).stages();
        if found == 0 || found > most {
            let failure = Failure::new(format!("at least 1 and at most {most} stages"), format!("{found}"))
                .input(with_keys(count));
            return Err(if count == FIRST + 10 {
                failure.diagnosis("room-not-reset", "Each key that comes makes a stage of its own: a new stage has room for its whole capacity, so `room` must be set when it is added, and counted down by one for each key.")
            } else if count > FIRST {
                failure.diagnosis("grows-by-a-constant", "Each lookup asks every stage, so their number matters: make each new stage twice as large as the one before, and a million times the keys take only twenty stages.")
            } else {
                failure
            });
        }
    }
    Ok(())
}

fn rate_holds(make: Make) -> Result<(), Failure> {
    let probes = 50_000;
    for count in [FIRST, 10 * FIRST, 100 * FIRST, 500 * FIRST] {
        let filter = filled(make, &present_keys(count as u64));
        let mistakes = absent_keys(probes).into_iter().filter(|key| {
            checkpoint();
            filter.may_contain(*key)
        });
        let measured = mistakes.count() as f64 / probes as f64;
        // A first stage of 50 keys varies by a quarter from chance.
        let limit = 1.15 * RATE + 4.0 * proportion_error(RATE, probes);
        if measured > limit {
            let failure = Failure::new(
                format!("{RATE} (at most {limit:.4} with what chance allows)"),
                format!("{measured:.4}"),
            )
            .input(with_keys(count));
            let stages = filter.stages();
            let added_up = stages as f64 * RATE;
            return Err(if stages == 1 && count > FIRST {
                failure.diagnosis("never-grows", "The one stage is overfull: count the keys, and add a stage when the last one holds what it was made for.")
            } else if measured > 1.3 * added_up {
                failure.diagnosis("grows-too-late", "A stage is overfull: a key goes into the newest stage, and is counted against what *that* stage was made for.")
            } else {
                failure.diagnosis("rates-add-up", format!(
                    "An absent key can be mistaken in each of the {stages} stages, so their rates add up: give the first rate / 2, the next rate / 4, and so on, whose sum never passes the whole."
                ))
            });
        }
    }
    Ok(())
}

fn memory_is_bounded(make: Make) -> Result<(), Failure> {
    for count in [10 * FIRST, 500 * FIRST] {
        let found = filled(make, &present_keys(count as u64)).size_bits() as f64 / count as f64;
        let one = formula::bits_per_key(RATE);
        let limit = 5.0 * one;
        if found > limit {
            return Err(Failure::new(format!("at most {limit:.0} bits per key (one filter for all takes {one:.1})"), format!("{found:.1}"))
                .input(with_keys(count))
                .diagnosis("too-much-memory", "The stages are much larger than their keys need, or their rates fall too fast: halving the rate costs 1.44 bits per key and stage."));
        }
    }
    Ok(())
}

fn again_takes_no_room(make: Make) -> Result<(), Failure> {
    let mut filter = make(FIRST, RATE);
    for _ in 0..20 {
        for key in present_keys(FIRST as u64 / 2) {
            checkpoint();
            filter.insert(key);
        }
    }
    if filter.stages() == 1 {
        return again_in_old_stages(make);
    }
    Err(Failure::new("1 stage", format!("{} stages", filter.stages()))
        .input(format!("with_first({FIRST}, {RATE}), the same {} keys 20 times", FIRST / 2))
        .diagnosis("duplicates-counted", "A key that is already found sets no new bit, so it must not count: ask `may_contain` before adding."))
}

fn again_in_old_stages(make: Make) -> Result<(), Failure> {
    let keys = present_keys(3 * FIRST as u64);
    let (mut filter, once) = (filled(make, &keys), filled(make, &keys).stages());
    for key in keys.iter().cycle().take(20 * keys.len()) {
        checkpoint();
        filter.insert(*key);
    }
    if filter.stages() == once {
        return Ok(());
    }
    Err(Failure::new(format!("{once} stages, as after the first time"), format!("{} stages", filter.stages()))
        .input(format!("with_first({FIRST}, {RATE}), the same {} keys 21 times", keys.len()))
        .diagnosis("duplicates-in-old-stages", "A key that is in an older stage comes again and is put into the newest: ask all stages before adding, not only the newest."))
}
