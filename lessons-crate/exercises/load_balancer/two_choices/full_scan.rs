fn pick(load: &[u32], rng: &mut Rng) -> usize {
    let least = *load.iter().min().unwrap();
    let mut equals = Vec::new();
    for (backend, &requests) in load.iter().enumerate() {
        if requests == least {
            equals.push(backend);
        }
    }
    equals[rng.index(equals.len())]
}
