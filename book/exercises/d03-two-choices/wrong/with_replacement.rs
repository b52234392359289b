fn pick(load: &[u32], rng: &mut Rng) -> usize {
    let first = rng.index(load.len());
    let second = rng.index(load.len());
    if load[second] < load[first] { second } else { first }
}
