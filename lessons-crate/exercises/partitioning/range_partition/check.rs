//! Checks which range partition takes a key.

use algorithms::partitioning::Value;
use algorithms::rng::Rng;

use super::{EXERCISE, known};
use crate::{Comparison, Question, Report, planted};

/// Bounds that grow and a key in, the number of a partition out; `None` is NULL, and the default partition.
type Answer = fn(&[i64], Value) -> Option<usize>;
planted!("partitioning/range_partition");

type Input = (Vec<i64>, Value);

const QUESTION: Question<Answer, Input, Option<usize>> = Question {
    ask: |partition, (bounds, key)| partition(bounds, *key),
    // The naive way: look at each partition.
    right: |(bounds, key)| {
        let key = (*key)?;
        bounds.windows(2).position(|pair| pair[0] <= key && key < pair[1])
    },
    accepts: None,
    same: |one, other| one == other,
    input: |(bounds, key)| format!("partition(&{bounds:?}, {key:?})"),
    output: |place| place.map_or("None, the default partition".to_owned(), |n| format!("Some({n})")),
};

/// Checks a function that finds the partition of a key, between bounds that grow; `None` is the default partition.
pub fn range_partition(partition: fn(&[i64], Option<i64>) -> Option<usize>) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, partition, MISTAKES)
        .visible("a key between two bounds", || days(&[15, 40, 89]))
        .visible("a key on a bound begins a partition", || days(&[31, 59, 0]))
        .visible("a key before the first bound, or after the last, has no partition", || {
            days(&[-1, 91, 1_000])
        })
        .visible("NULL has no range", || vec![(BOUNDS.to_vec(), None)])
        .hidden("the last bound is already outside", || days(&[90]))
        .hidden("negative bounds, and NULL is not 0", || {
            [Some(-10), Some(0), None, Some(10), Some(-11)].map(|key| (vec![-10, 10], key)).to_vec()
        })
        .hidden("fewer than two bounds: no partition at all", || {
            vec![(vec![], Some(1)), (vec![1], Some(1)), (vec![1], None), (vec![1], Some(2)), (vec![], None)]
        })
        .hidden("any bounds, any key", random)
        .described(known::NULL_IN_A_RANGE, |(_, key), _, found| key.is_none() && found.is_some())
        .described(known::BELOW_THE_FIRST, |(bounds, key), _, found| {
            found.is_some() && key.is_some_and(|key| bounds.first().is_some_and(|first| key < *first))
        })
        .described(known::OPEN_ENDED, |(bounds, key), _, found| {
            found.is_some() && key.is_some_and(|key| bounds.last().is_some_and(|last| key > *last))
        })
        .finish()
}

const BOUNDS: [i64; 4] = [0, 31, 59, 90];

fn days(keys: &[i64]) -> Vec<Input> {
    keys.iter().map(|key| (BOUNDS.to_vec(), Some(*key))).collect()
}

fn random() -> Vec<Input> {
    let mut rng = Rng::new(11);
    (0..2_000)
        .map(|round| {
            let mut bounds: Vec<i64> = (0..round % 7).map(|_| rng.below(40).cast_signed() - 20).collect();
            bounds.sort_unstable();
            bounds.dedup();
            (bounds, (!rng.chance(0.05)).then(|| rng.below(50).cast_signed() - 25))
        })
        .collect()
}
