use check::feed::delivery::*;

/// How this author's posts should reach the feeds: the way that is less work a day, of
/// those that show a post to everybody within `seconds`. Pulled posts are seen at once;
/// when both ways cost the same, push.
///
/// An `Author` has `followers`, and `posts` and `reads` per day (`reads` of one
/// follower, on average). `FeedCosts` are what one `write` into a feed and one look at
/// an author (`merge`) cost, and `writes_per_second`.
fn delivery(author: &Author, costs: &FeedCosts, seconds: f64) -> Delivery {
    todo!("is a push in time, and is it cheaper?")
}
