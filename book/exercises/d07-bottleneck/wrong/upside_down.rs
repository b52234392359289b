fn bottleneck(tiers: &[Tier]) -> (usize, f64) {
    let mut least = (0, f64::INFINITY);
    for (place, tier) in tiers.iter().enumerate() {
        let capacity = tier.visits * tier.seconds / f64::from(tier.servers);
        if capacity < least.1 {
            least = (place, capacity);
        }
    }
    least
}
