fn quorum_sizes(n: usize, down: usize) -> Option<(usize, usize)> {
    if 2 * down >= n {
        return None;
    }
    Some((n / 2 + 1, n / 2 + 1))
}
