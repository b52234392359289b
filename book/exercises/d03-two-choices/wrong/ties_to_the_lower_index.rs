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
    let (low, high) = (first.min(second), first.max(second));
    if load[low] <= load[high] { low } else { high }
}
