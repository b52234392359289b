//! Checks which range partition takes a key.

use algorithms::interrupt::checkpoint;
use algorithms::partitioning::Value;
use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

type Partition = fn(&[i64], Value) -> Option<usize>;

/// Checks a function that finds the partition of a key, between bounds that grow; `None` is the default partition.
pub fn range_partition(partition: fn(&[i64], Option<i64>) -> Option<usize>) -> Report {
    const BOUNDS: [i64; 4] = [0, 31, 59, 90];
    let each = |partition: Partition, keys: &'static [i64]| {
        keys.iter().try_for_each(|&key| expect(partition, &BOUNDS, Some(key)))
    };
    Checker::new(&EXERCISE)
        .visible("a key between two bounds", move || each(partition, &[15, 40, 89]))
        .visible("a key on a bound begins a partition", move || each(partition, &[31, 59, 0]))
        .visible("a key before the first bound, or after the last, has no partition", move || {
            each(partition, &[-1, 91, 1_000])
        })
        .visible("NULL has no range", move || expect(partition, &BOUNDS, None))
        .hidden("the last bound is already outside", move || each(partition, &[90]))
        .hidden("negative bounds, and NULL is not 0", move || {
            expect(partition, &[-10, 10], Some(-10))?;
            expect(partition, &[-10, 10], Some(0))?;
            expect(partition, &[-10, 10], None)
        })
        .hidden("fewer than two bounds: no partition at all", move || {
            expect(partition, &[], Some(1))?;
            expect(partition, &[1], Some(1))?;
            expect(partition, &[1], None)
        })
        .hidden("any bounds, any key", move || random(partition))
        .finish()
}

/// The naive way: look at each partition.
fn right(bounds: &[i64], key: Value) -> Option<usize> {
    let key = key?;
    bounds.windows(2).position(|pair| pair[0] <= key && key < pair[1])
}

fn expect(partition: Partition, bounds: &[i64], key: Value) -> Result<(), Failure> {
    let (expected, found) = (right(bounds, key), partition(bounds, key));
    if found == expected {
        return Ok(());
    }
    let parts = bounds.len().saturating_sub(1);
    let diagnosis = match (key, expected, found) {
        (None, _, Some(place)) if Some(place) == right(bounds, Some(0)) => {
            Some(("null-is-zero", "NULL is not 0: no range holds it, so it goes to the default partition."))
        }
        (Some(key), _, Some(place)) if place < parts && bounds[place + 1] == key => Some((
            "inclusive-upper-bound",
            "The upper bound belongs to the next partition: from 31 to 59 means 31 <= key < 59, or midnight would have two places.",
        )),
        (Some(key), None, Some(_)) if bounds.first().is_some_and(|&first| key < first) => Some((
            "below-the-first",
            "A key before the first bound is in no range: if it is put into the first one, a query that prunes by the bounds never finds it.",
        )),
        (Some(key), None, Some(_)) if bounds.last().is_some_and(|&last| key > last) => Some((
            "open-ended",
            "The last range ends as well: a key beyond it belongs to the default partition.",
        )),
        (Some(_), Some(place), Some(other)) if other == place + 1 => Some((
            "off-by-one",
            "That is the number of bounds up to the key; the partition that begins at the last of them has a number less.",
        )),
        (Some(key), Some(_), None) if bounds.contains(&key) => Some((
            "lower-bound-missed",
            "The lower bound belongs to the partition: from 31 to 59 means 31 <= key < 59.",
        )),
        _ => None,
    };
    let show =
        |place: Option<usize>| place.map_or("the default partition".to_owned(), |n| format!("partition {n}"));
    Err(Failure::new(show(expected), show(found))
        .input(format!("bounds {bounds:?}, key {key:?}"))
        .maybe_diagnosis(diagnosis.map(|(name, message)| (name, message.to_owned()))))
}

fn random(partition: Partition) -> Result<(), Failure> {
    let mut rng = Rng::new(11);
    for round in 0..2_000 {
        checkpoint();
        let mut bounds: Vec<i64> = (0..round % 7).map(|_| rng.below(40).cast_signed() - 20).collect();
        bounds.sort_unstable();
        bounds.dedup();
        let key = (!rng.chance(0.05)).then(|| rng.below(50).cast_signed() - 25);
        expect(partition, &bounds, key)?;
    }
    Ok(())
}
