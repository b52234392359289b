/// Draws two different backends and picks the one with less load.
///
/// `load[i]` is the number of requests in flight at backend i; there is at least one backend.
fn pick(load: &[u32], rng: &mut Rng) -> usize {
    let n = load.len();
    if n == 1 {
        return 0;
    }
    let first = rng.index(n);
    let mut second = rng.index(n - 1);
    if second >= first {
        second += 1;
    }
    if load[second] < load[first] { second } else { first }
}
