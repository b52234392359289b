use check::scalability::bottleneck::*;

/// The place of the tier that fills up first, and at how many requests per second it does.
fn bottleneck(tiers: &[Tier]) -> (usize, f64) {
    let mut least = (0, f64::INFINITY);
    for (place, tier) in tiers.iter().enumerate() {
        let capacity = f64::from(tier.servers) / (tier.visits * tier.seconds);
        if capacity < least.1 {
            least = (place, capacity);
        }
    }
    least
}
