fn quorum_sizes(n: usize, down: usize) -> Option<(usize, usize)> {
    if 2 * down >= n {
        return None;
    }
    Some((1, n))
}
