//! Checks the choice between pushing an author's posts and pulling them.

use algorithms::rng::Rng;

use super::{EXERCISE, known};
use crate::{Comparison, Failure, Question, Report, planted};

// The learner's words.
pub use algorithms::feed::{Author, Delivery, FeedCosts};

/// An author, costs and a deadline in; the way out.
type Answer = fn(&Author, &FeedCosts, f64) -> Delivery;
planted!("feed/delivery");

type Input = (Author, FeedCosts, f64);

const QUESTION: Question<Answer, Input, Delivery> = Question {
    ask: |delivery, (author, costs, seconds)| delivery(author, costs, *seconds),
    right: |(author, costs, seconds)| costs.within(author, *seconds),
    accepts: None,
    same: |one, other| one == other,
    input: |(author, costs, seconds)| format!("{author:?}, {costs:?}, {seconds} s"),
    output: |delivery| format!("{delivery:?}"),
};

/// Checks a choice of the cheaper way that still shows a post to everybody in time.
pub fn delivery(delivery: fn(&Author, &FeedCosts, f64) -> Delivery) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, delivery, MISTAKES)
        .visible("an author who posts seldom for eager readers is pushed", || {
            vec![input(200, 1.0, 10.0), input(400_000, 1.0, 10.0)]
        })
        .visible("an author who posts often for readers who hardly come is pulled", || {
            vec![input(200, 50.0, 0.5)]
        })
        .visible("an author whom a push would not deliver in time is pulled", || {
            vec![input(30_000_000, 1.0, 10.0), input(500_000, 1.0, 10.0), input(500_001, 1.0, 10.0)]
        })
        .visible("equal work is pushed", || vec![input(200, 3.0, 3.0)])
        .hidden("the costs of writing and merging count", || {
            let [mut costly_look, mut costly_write, mut equal] =
                [(4.0, 3.0), (3.0, 4.0), (2.0, 6.0)].map(|(posts, reads)| input(1_000, posts, reads));
            costly_look.1.merge = 2.0;
            costly_write.1.write = 2.0;
            equal.1.write = 3.0;
            vec![costly_look, costly_write, equal]
        })
        .hidden("an author with few followers", || {
            [(1, 2.0, 3.0), (1, 3.0, 2.0), (3, 2.0, 9.0), (3, 9.0, 2.0)]
                .map(|(followers, posts, reads)| input(followers, posts, reads))
                .to_vec()
        })
        .hidden_property("the number of followers alone changes nothing before the deadline", move || {
            followers(delivery)
        })
        .hidden("random authors get the cheaper way that is in time", random)
        .finish()
}

fn input(followers: u64, posts: f64, reads: f64) -> Input {
    let costs = FeedCosts { write: 1.0, merge: 1.0, writes_per_second: 100_000.0 };
    (Author { followers, posts, reads }, costs, 5.0)
}

fn followers(delivery: Answer) -> Result<(), Failure> {
    for (posts, reads) in [(2.0, 3.0), (3.0, 2.0)] {
        let inputs = [1, 100, 10_000, 400_000].map(|followers| input(followers, posts, reads));
        let mut answers = inputs.iter().map(|input| (QUESTION.ask)(delivery, input));
        let first = answers.next();
        let decides = answers.any(|answer| Some(answer) != first);
        QUESTION
            .check(delivery, &inputs)
            .map_err(|failure| if decides { failure.known(known::FOLLOWERS_DECIDE) } else { failure })?;
    }
    Ok(())
}

fn random() -> Vec<Input> {
    let mut rng = Rng::new(14);
    (0..1_000)
        .map(|_| {
            let mut some = input(1 + rng.below(1_000_000), rng.next_f64() * 20.0, rng.next_f64() * 20.0);
            some.1.write = 0.5 + rng.next_f64();
            some.1.merge = 0.5 + rng.next_f64();
            some.2 = 1.0 + 9.0 * rng.next_f64();
            some
        })
        .collect()
}
