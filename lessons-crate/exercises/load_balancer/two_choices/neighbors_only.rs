fn pick(load: &[u32], rng: &mut Rng) -> usize {
    let first = rng.index(load.len());
    let second = (first + 1) % load.len();
    if load[second] < load[first] || (load[second] == load[first] && rng.chance(0.5)) { second } else { first }
}
