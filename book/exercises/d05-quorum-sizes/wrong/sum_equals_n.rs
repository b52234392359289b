fn quorum_sizes(n: usize, down: usize) -> Option<(usize, usize)> {
    if 2 * down >= n {
        return None;
    }
    Some((down, n - down))
}
