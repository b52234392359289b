fn delivery(author: &Author, costs: &FeedCosts, seconds: f64) -> Delivery {
    let late = author.followers as f64 / costs.writes_per_second > seconds;
    if late || author.posts > author.reads { Delivery::Pull } else { Delivery::Push }
}
