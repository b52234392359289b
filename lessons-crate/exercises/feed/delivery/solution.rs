use check::feed::delivery::*;

fn delivery(author: &Author, costs: &FeedCosts, seconds: f64) -> Delivery {
    let late = author.followers as f64 / costs.writes_per_second > seconds;
    let (push, pull) = (author.posts * costs.write, author.reads * costs.merge);
    if late || push > pull { Delivery::Pull } else { Delivery::Push }
}
