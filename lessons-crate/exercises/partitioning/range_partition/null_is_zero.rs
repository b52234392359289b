fn partition(bounds: &[i64], key: Option<i64>) -> Option<usize> {
    let key = key.unwrap_or(0);
    bounds.windows(2).position(|pair| pair[0] <= key && key < pair[1])
}
