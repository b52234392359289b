use check::feed::delivery::*;

fn delivery(author: &Author, costs: &FeedCosts, seconds: f64) -> Delivery {
    let late = author.followers as f64 / costs.writes_per_second > seconds;
    let push = author.posts * author.followers as f64 * costs.write;
    if late || push > author.reads * costs.merge { Delivery::Pull } else { Delivery::Push }
}
