//! What it costs to push the posts of an author, or to pull them.

/// How the posts of an author reach the feeds of the followers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Delivery {
    /// Written into each follower's feed when they are posted.
    Push,
    /// Looked up when a follower reads.
    Pull,
}

/// An author, as far as delivery is concerned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Author {
    /// How many follow.
    pub followers: u64,
    /// Posts per day.
    pub posts: f64,
    /// How often a day a follower opens the feed, in the mean over all followers; those who never come count
    /// with 0.
    pub reads: f64,
}

/// What the two ways cost, in any one unit of work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FeedCosts {
    /// Adding one post to one feed.
    pub write: f64,
    /// Looking at one more author while a feed is read.
    pub merge: f64,
    /// How many feeds per second can be written.
    pub writes_per_second: f64,
}

impl FeedCosts {
    /// Work per day for this author's posts.
    ///
    /// Pushed, each post costs a write for each follower. Pulled, each follower's read costs a look.
    pub fn per_day(&self, author: &Author, delivery: Delivery) -> f64 {
        let each = match delivery {
            Delivery::Push => author.posts * self.write,
            Delivery::Pull => author.reads * self.merge,
        };
        author.followers as f64 * each
    }

    /// The cheaper way; pushing when both cost the same, since reading is then quicker.
    ///
    /// The number of followers is a factor of both costs, so it does not decide: an author is to be pulled who
    /// posts often for followers who read seldom (Silberstein et al. 2010).
    pub fn cheaper(&self, author: &Author) -> Delivery {
        if self.per_day(author, Delivery::Push) <= self.per_day(author, Delivery::Pull) {
            Delivery::Push
        } else {
            Delivery::Pull
        }
    }

    /// Seconds until a pushed post has reached the last follower, if nothing else is being written.
    pub fn seconds_to_reach_all(&self, author: &Author) -> f64 {
        author.followers as f64 / self.writes_per_second
    }

    /// The cheaper way of those that show a post to everybody within `seconds`. Pulling always does.
    ///
    /// Here the number of followers does decide: it is the reason for a threshold for celebrities.
    pub fn within(&self, author: &Author, seconds: f64) -> Delivery {
        if self.seconds_to_reach_all(author) > seconds { Delivery::Pull } else { self.cheaper(author) }
    }
}
