/// The part of a key that a Redis Cluster hashes to find its slot: what is between the first `{` and the first `}`
/// after it. If there is no such pair, or nothing between the two, the whole key.
fn tag(key: &str) -> &str {
    todo!("where does the tag begin, and where does it end?")
}
