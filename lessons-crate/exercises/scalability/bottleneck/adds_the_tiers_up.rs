use check::scalability::bottleneck::*;

/// The place of the tier that fills up first, and at how many requests per second it does.
fn bottleneck(tiers: &[Tier]) -> (usize, f64) {
    let sum: f64 = tiers.iter().map(|tier| tier.visits * tier.seconds).sum();
    let slowest = tiers.iter().enumerate().max_by(|a, b| a.1.seconds.total_cmp(&b.1.seconds));
    (slowest.map_or(0, |(place, _)| place), 1.0 / sum)
}
