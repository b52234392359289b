fn partition(bounds: &[i64], key: Option<i64>) -> Option<usize> {
    let key = key?;
    let up_to = bounds.partition_point(|&bound| bound <= key);
    (up_to > 0 && up_to < bounds.len()).then(|| up_to - 1)
}
