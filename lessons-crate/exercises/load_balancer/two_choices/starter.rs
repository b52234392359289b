/// Draws two different backends and picks the one with less load.
///
/// `load[i]` is the number of requests in flight at backend i; there is at least one backend.
fn pick(load: &[u32], rng: &mut Rng) -> usize {
    let n = load.len();
    rng.index(n) // TODO: a second choice, different from the first, and a comparison
}
