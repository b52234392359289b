use check::scalability::bottleneck::*;

/// The place of the tier that fills up first, and at how many requests per second it does.
fn bottleneck(tiers: &[Tier]) -> (usize, f64) {
    let slowest = tiers.iter().enumerate().max_by(|a, b| a.1.seconds.total_cmp(&b.1.seconds));
    let (place, tier) = slowest.expect("a tier");
    (place, f64::from(tier.servers) / tier.seconds / tier.visits.max(1e-9))
}
