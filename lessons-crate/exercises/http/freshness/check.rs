//! Checks for how long a stored response is fresh.

use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Comparison, Question, Report, planted};

/// What a cache has, in whole seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// When the cache asked.
    pub requested: u64,
    /// When the answer came.
    pub received: u64,
    /// The origin's time when it answered.
    pub date: u64,
    /// How long the answer had been in other caches.
    pub age: Option<u64>,
    /// The lifetime for any cache.
    pub max_age: Option<u64>,
    /// The lifetime for shared caches.
    pub s_maxage: Option<u64>,
    /// The time until which it is fresh.
    pub expires: Option<u64>,
}

type Answer = fn(&StoredAnswer, bool, u64) -> u64;
planted!("http/freshness");

type Input = (StoredAnswer, bool, u64);

const QUESTION: Question<Answer, Input, u64> = Question {
    ask: |answer, (copy, shared, now)| answer(copy, *shared, *now),
    right: |(copy, shared, now)| {
        let from_expires = copy.expires.map(|expires| expires.saturating_sub(copy.date));
        let of_shared = if *shared { copy.s_maxage } else { None };
        let lifetime = of_shared.or(copy.max_age).or(from_expires).unwrap_or(0);
        let told = copy.age.unwrap_or(0) + copy.received - copy.requested;
        let age = told.max(copy.received.saturating_sub(copy.date)) + now - copy.received;
        lifetime.saturating_sub(age)
    },
    accepts: None,
    same: |one, other| one == other,
    input: |(copy, shared, now)| format!("fresh_for(&{copy:?}, {shared}, {now})"),
    output: |seconds| format!("{seconds} s"),
};

/// The example of the statement.
const EXAMPLE: StoredAnswer = StoredAnswer {
    requested: 100,
    received: 102,
    date: 95,
    age: Some(6),
    max_age: Some(60),
    s_maxage: None,
    expires: None,
};

/// Checks a function that says for how long a stored response is still fresh.
pub fn freshness(answer: fn(&StoredAnswer, bool, u64) -> u64) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, answer, MISTAKES)
        .visible("the example: 42 s", || vec![(EXAMPLE, false, 112)])
        .visible("s-maxage is for shared caches, and wins there", || {
            let both = |max_age, s_maxage| StoredAnswer {
                max_age: Some(max_age),
                s_maxage: Some(s_maxage),
                ..EXAMPLE
            };
            vec![
                (both(60, 600), true, 112),
                (both(60, 600), false, 112),
                (both(600, 60), true, 112),
                (StoredAnswer { s_maxage: Some(600), max_age: None, ..EXAMPLE }, false, 112),
            ]
        })
        .visible("it may have been old when it came", || {
            vec![
                (StoredAnswer { age: None, date: 70, ..EXAMPLE }, false, 104),
                (StoredAnswer { age: Some(30), date: 102, ..EXAMPLE }, false, 104),
                (StoredAnswer { age: Some(30), date: 80, ..EXAMPLE }, false, 104),
            ]
        })
        .visible("expires is a time of the origin's clock", || {
            let expires = StoredAnswer { max_age: None, expires: Some(395), ..EXAMPLE };
            vec![
                (expires.clone(), true, 112),
                (StoredAnswer { max_age: Some(60), ..expires.clone() }, true, 112),
                (StoredAnswer { date: 300, ..expires }, true, 112),
            ]
        })
        .hidden("a copy that is not fresh any more has 0 s left", || {
            vec![
                (EXAMPLE, false, 154),
                (EXAMPLE, false, 9_999),
                (StoredAnswer { max_age: Some(0), ..EXAMPLE }, true, 102),
                (StoredAnswer { max_age: None, ..EXAMPLE }, true, 102),
                (StoredAnswer { max_age: None, expires: Some(10), ..EXAMPLE }, true, 102),
            ]
        })
        .hidden("a clock that is ahead makes nothing younger", || {
            vec![
                (StoredAnswer { date: 500, ..EXAMPLE }, false, 112),
                (StoredAnswer { date: 500, age: None, ..EXAMPLE }, true, 103),
            ]
        })
        .hidden("2,000 random answers", random)
        .finish()
}

fn random() -> Vec<Input> {
    let mut rng = Rng::new(16);
    let mut inputs = Vec::new();
    for _ in 0..2_000 {
        let requested = 1_000 + rng.below(100);
        let received = requested + rng.below(5);
        let some = |rng: &mut Rng, most| rng.chance(0.5).then(|| rng.below(most));
        let copy = StoredAnswer {
            requested,
            received,
            date: received + 10 - rng.below(100),
            age: some(&mut rng, 60),
            max_age: some(&mut rng, 300),
            s_maxage: some(&mut rng, 300),
            expires: some(&mut rng, 400).map(|after| 950 + after),
        };
        let shared = rng.chance(0.5);
        inputs.push((copy, shared, received + rng.below(100)));
    }
    inputs
}
