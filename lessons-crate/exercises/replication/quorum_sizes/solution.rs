fn quorum_sizes(n: usize, down: usize) -> Option<(usize, usize)> {
    // Those that are up must hold both quorums, and the quorums must meet.
    if 2 * down >= n {
        return None;
    }
    Some((down + 1, n - down))
}
