/// The number of the range partition that holds the key. Partition 0 goes from the
/// first bound, included, to the second, not included, and so on; the bounds grow.
/// `None` stands for the default partition, which has all other keys and NULL.
fn partition(bounds: &[i64], key: Option<i64>) -> Option<usize> {
    todo!("between which two bounds is the key?")
}
