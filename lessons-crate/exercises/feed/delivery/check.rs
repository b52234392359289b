//! Checks the choice between pushing an author's posts and pulling them.

use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

// The learner's words.
pub use algorithms::feed::{Author, Delivery, FeedCosts};

type Choose = fn(&Author, &FeedCosts, f64) -> Delivery;

/// Checks a choice of the cheaper way that still shows a post to everybody in time.
pub fn delivery(choose: fn(&Author, &FeedCosts, f64) -> Delivery) -> Report {
    Checker::new(&EXERCISE)
        .visible("who posts seldom for eager readers is pushed", move || seldom(choose))
        .visible("who posts often for readers who hardly come is pulled", move || often(choose))
        .visible("whom a push would not deliver in time is pulled", move || deadline(choose))
        .hidden("the costs of writing and merging count", move || prices(choose))
        .hidden("the number of followers alone changes nothing before the deadline", move || {
            followers(choose)
        })
        .hidden("random authors get the cheaper way that is in time", move || random(choose))
        .finish()
}

const COSTS: FeedCosts = FeedCosts { write: 1.0, merge: 1.0, writes_per_second: 100_000.0 };

fn author(followers: u64, posts: f64, reads: f64) -> Author {
    Author { followers, posts, reads }
}

fn expect(choose: Choose, author: Author, costs: FeedCosts, seconds: f64) -> Result<(), Failure> {
    let (expected, found) = (costs.within(&author, seconds), choose(&author, &costs, seconds));
    if expected == found {
        return Ok(());
    }
    let late = costs.seconds_to_reach_all(&author) > seconds;
    let diagnosis = if late {
        (
            "deadline-forgotten",
            "Pushed, the last follower gets the post after followers / writes_per_second seconds: too late, whatever it costs.",
        )
    } else if expected == Delivery::Push && costs.seconds_to_reach_all(&author) >= seconds {
        (
            "exactly-in-time",
            "A push that reaches the last follower after exactly `seconds` is still within them: only more than that is late.",
        )
    } else if found == Delivery::Pull && counts_all_posts(choose, &author, &costs, seconds) {
        (
            "posts-in-the-deadline",
            "The deadline is that of a single post: followers / writes_per_second seconds, however many posts there are on a day.",
        )
    } else if author.posts != author.reads && (author.posts < author.reads) == (found == Delivery::Push) {
        (
            "prices-forgotten",
            "A write into a feed and a look at one more author need not cost the same: multiply posts by `write` and reads by `merge`.",
        )
    } else if expected == Delivery::Pull && found == Delivery::Push {
        (
            "posts-forgotten",
            "Each post costs a write for each follower, read or not. Followers who hardly come make pulling cheap.",
        )
    } else if author.followers <= 1_000 {
        (
            "followers-of-one-side",
            "The number of followers was counted for pushing only. Pulled, each of them reads, and each read costs a look.",
        )
    } else {
        (
            "followers-decide",
            "Both ways cost more with more followers: pushed, each gets a write; pulled, each of their reads costs a look. The number cancels out.",
        )
    };
    Err(Failure::new(format!("{expected:?}"), format!("{found:?}"))
        .input(format!("{author:?}, {costs:?}, {seconds} s"))
        .diagnosis(diagnosis.0, diagnosis.1))
}

/// Whether a day's posts together are taken for late, and fewer posts of the same author are not.
fn counts_all_posts(choose: Choose, author: &Author, costs: &FeedCosts, seconds: f64) -> bool {
    let in_time = seconds * costs.writes_per_second / author.followers as f64;
    let fewer = Author { posts: in_time / 2.0, ..*author };
    author.posts > in_time && choose(&fewer, costs, seconds) == Delivery::Push
}

fn seldom(choose: Choose) -> Result<(), Failure> {
    expect(choose, author(200, 1.0, 10.0), COSTS, 5.0)?;
    expect(choose, author(400_000, 1.0, 10.0), COSTS, 5.0)
}

fn often(choose: Choose) -> Result<(), Failure> {
    expect(choose, author(200, 50.0, 0.5), COSTS, 5.0)
}

fn deadline(choose: Choose) -> Result<(), Failure> {
    expect(choose, author(30_000_000, 1.0, 10.0), COSTS, 5.0)?;
    expect(choose, author(500_000, 1.0, 10.0), COSTS, 5.0)
}

fn prices(choose: Choose) -> Result<(), Failure> {
    expect(choose, author(1_000, 4.0, 3.0), FeedCosts { merge: 2.0, ..COSTS }, 5.0)?;
    expect(choose, author(1_000, 3.0, 4.0), FeedCosts { write: 2.0, ..COSTS }, 5.0)
}

fn followers(choose: Choose) -> Result<(), Failure> {
    for followers in [1, 100, 10_000, 400_000] {
        expect(choose, author(followers, 2.0, 3.0), COSTS, 5.0)?;
        expect(choose, author(followers, 3.0, 2.0), COSTS, 5.0)?;
    }
    Ok(())
}

fn random(choose: Choose) -> Result<(), Failure> {
    let mut rng = Rng::new(14);
    for _ in 0..1_000 {
        let some = author(1 + rng.below(1_000_000), rng.next_f64() * 20.0, rng.next_f64() * 20.0);
        let costs = FeedCosts { write: 0.5 + rng.next_f64(), merge: 0.5 + rng.next_f64(), ..COSTS };
        expect(choose, some, costs, 5.0)?;
    }
    Ok(())
}
