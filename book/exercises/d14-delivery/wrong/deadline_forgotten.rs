fn delivery(author: &Author, costs: &FeedCosts, seconds: f64) -> Delivery {
    let (push, pull) = (author.posts * costs.write, author.reads * costs.merge);
    if push > pull { Delivery::Pull } else { Delivery::Push }
}
