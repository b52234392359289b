use check::scalability::bottleneck::*;

/// The place of the tier that fills up first, and at how many requests per second it does.
fn bottleneck(tiers: &[Tier]) -> (usize, f64) {
    let mut least = (0, f64::INFINITY);
    for (place, tier) in tiers.iter().enumerate() {
        // TODO: at how many requests per second is this tier full?
    }
    least
}
