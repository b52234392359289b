//! Checks a filter that grows.

use algorithms::interrupt::checkpoint;
use algorithms::sketch::{absent_keys, formula, present_keys};
use algorithms::stats::proportion_error;

use super::{EXERCISE, known};
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

/// More stages than any number of keys here may take.
const TOO_MANY: usize = 12;

/// A filter with these keys. It is given up when its stages become too many, before each is twice as large as the one
/// before and no memory is left.
fn filled(make: Make, keys: &[u64]) -> Result<Box<dyn GrowingExercise>, Failure> {
    let mut filter = make(FIRST, RATE);
    for (count, key) in keys.iter().enumerate() {
        checkpoint();
        filter.insert(*key);
        if filter.stages() >= TOO_MANY {
            let failure = Failure::new(format!("fewer than {TOO_MANY} stages"), filter.stages().to_string())
                .input(with_keys(count + 1));
            let each = count < FIRST + 2 * TOO_MANY;
            return Err(failure.known(if each { known::ROOM_NOT_RESET } else { known::GROWS_BY_A_CONSTANT }));
        }
    }
    Ok(filter)
}

fn with_keys(count: usize) -> String {
    format!("with_first({FIRST}, {RATE}), {count} keys")
}

fn finds_all(make: Make) -> Result<(), Failure> {
    for count in [1, FIRST, FIRST + 1, 2 * FIRST, 3 * FIRST, 20 * FIRST] {
        let keys = present_keys(count as u64);
        let filter = filled(make, &keys)?;
        let lost = keys.iter().filter(|key| !filter.may_contain(**key)).count();
        if lost == 0 {
            continue;
        }
        let failure = Failure::new("\"maybe\" for each key", format!("\"no\" for {lost} of them"))
            .input(with_keys(count));
        return Err(if count <= FIRST {
            failure.known(known::FALSE_NEGATIVE)
        } else if filter.stages() > 1 {
            failure.known(known::LOOKS_IN_ONE_STAGE)
        } else {
            failure.known(known::FORGETS_OLD_KEYS)
        });
    }
    Ok(())
}

fn stages_are_few(make: Make) -> Result<(), Failure> {
    for (count, most) in [(0, 1), (1, 1), (FIRST, 1), (FIRST + 10, 2), (20 * FIRST, 6), (500 * FIRST, 11)] {
        let found = filled(make, &present_keys(count as u64))?.stages();
        if found == 0 || found > most {
            let failure = Failure::new(format!("at least 1 and at most {most} stages"), format!("{found}"))
                .input(with_keys(count));
            return Err(if count == FIRST + 10 {
                failure.known(known::ROOM_NOT_RESET)
            } else if count > FIRST {
                failure.known(known::GROWS_BY_A_CONSTANT)
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
        let filter = filled(make, &present_keys(count as u64))?;
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
                failure.known(known::NEVER_GROWS)
            } else if measured > 1.3 * added_up {
                failure.known(known::GROWS_TOO_LATE)
            } else {
                failure.known(known::RATES_ADD_UP)
            });
        }
    }
    Ok(())
}

fn memory_is_bounded(make: Make) -> Result<(), Failure> {
    for count in [10 * FIRST, 500 * FIRST] {
        let found = filled(make, &present_keys(count as u64))?.size_bits() as f64 / count as f64;
        let one = formula::bits_per_key(RATE);
        let limit = 5.0 * one;
        // Whatever it is made of, a filter of this rate takes log2(1 / rate) bits per key.
        let least = -RATE.log2();
        if found < least {
            return Err(Failure::new(format!("at least {least:.1} bits per key"), format!("{found:.1}"))
                .input(with_keys(count))
                .known(known::TOO_LITTLE_MEMORY));
        }
        if found > limit {
            return Err(Failure::new(
                format!("at most {limit:.0} bits per key (one filter for all takes {one:.1})"),
                format!("{found:.1}"),
            )
            .input(with_keys(count))
            .known(known::TOO_MUCH_MEMORY));
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
    let once = filled(make, &present_keys(FIRST as u64 / 2))?.stages();
    let failure = Failure::new("1 stage", format!("{} stages", filter.stages()))
        .input(format!("with_first({FIRST}, {RATE}), the same {} keys 20 times", FIRST / 2));
    Err(if once == 1 { failure.known(known::DUPLICATES_COUNTED) } else { failure })
}

fn again_in_old_stages(make: Make) -> Result<(), Failure> {
    let keys = present_keys(3 * FIRST as u64);
    let (mut filter, once) = (filled(make, &keys)?, filled(make, &keys)?.stages());
    for key in keys.iter().cycle().take(20 * keys.len()) {
        checkpoint();
        filter.insert(*key);
    }
    if filter.stages() == once {
        return Ok(());
    }
    Err(Failure::new(
        format!("{once} stages, as after the first time"),
        format!("{} stages", filter.stages()),
    )
    .input(format!("with_first({FIRST}, {RATE}), the same {} keys 21 times", keys.len()))
    .known(known::DUPLICATES_IN_OLD_STAGES))
}
