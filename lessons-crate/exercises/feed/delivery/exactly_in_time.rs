use check::feed::delivery::*;

fn delivery(author: &Author, costs: &FeedCosts, seconds: f64) -> Delivery {
    if author.followers as f64 / costs.writes_per_second >= seconds {
        return Delivery::Pull;
    }
    if author.posts * costs.write <= author.reads * costs.merge { Delivery::Push } else { Delivery::Pull }
}
