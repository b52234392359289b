fn partition(bounds: &[i64], key: Option<i64>) -> Option<usize> {
    let key = key?;
    bounds.partition_point(|&bound| bound <= key).checked_sub(1)
}
