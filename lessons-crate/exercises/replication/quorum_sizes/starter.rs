/// The smallest read quorum R, and the write quorum W that goes with it, so that every read meets the last
/// write although `down` of the `n` replicas may be down; `None` when there are no such sizes.
fn quorum_sizes(n: usize, down: usize) -> Option<(usize, usize)> {
    todo!("Some((r, w))")
}
