fn quorum_sizes(n: usize, down: usize) -> Option<(usize, usize)> {
    Some((down + 1, n - down))
}
