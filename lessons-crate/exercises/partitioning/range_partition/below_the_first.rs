fn partition(bounds: &[i64], key: Option<i64>) -> Option<usize> {
    let key = key?;
    let place = bounds.partition_point(|&bound| bound <= key).saturating_sub(1);
    (place + 1 < bounds.len()).then_some(place)
}
