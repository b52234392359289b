//! Checks a search for the tier that fills up first.

use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

/// A tier of a system: what a request needs of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tier {
    /// Its name.
    pub name: &'static str,
    /// How often a request visits it, in the mean: 0.2 for a store behind a cache that hits 80%, 3 for a service
    /// that is asked three times.
    pub visits: f64,
    /// Seconds that a visit keeps one of its servers busy.
    pub seconds: f64,
    /// How many visits it works on at once.
    pub servers: u32,
}

type Find = fn(&[Tier]) -> (usize, f64);

const fn tier(name: &'static str, visits: f64, seconds: f64, servers: u32) -> Tier {
    Tier { name, visits, seconds, servers }
}

/// The service of the day: gateway, balancer, copies, cache, store.
const SERVICE: [Tier; 5] = [
    tier("gateway", 1.0, 0.0005, 2),
    tier("nginx", 1.0, 0.0002, 1),
    tier("copies", 1.0, 0.010, 64),
    tier("Redis", 1.0, 0.0001, 1),
    tier("store", 0.25, 0.020, 4),
];

/// Checks a function that gives the place of the tier that fills up first, and the requests per second at which it
/// does.
pub fn bottleneck(find: fn(&[Tier]) -> (usize, f64)) -> Report {
    Checker::new(&EXERCISE)
        .visible("of the day's service it is the store, at 800 requests per second", move || {
            check(find, &SERVICE)
        })
        .visible("more servers help only at the bottleneck", move || {
            let mut more = SERVICE;
            more[2].servers = 640;
            check(find, &more)?;
            more[4].servers = 40;
            check(find, &more)
        })
        .visible("a tier that is visited three times fills up three times as early", move || {
            check(find, &[tier("page", 1.0, 0.030, 30), tier("catalog", 3.0, 0.010, 16)])
        })
        .hidden("any system of up to eight tiers", move || random(find))
        .hidden("a tier that nobody visits is no bottleneck", move || {
            let mut unused = SERVICE.to_vec();
            unused.insert(0, tier("archive", 0.0, 5.0, 1));
            check(find, &unused)
        })
        .finish()
}

fn random(find: Find) -> Result<(), Failure> {
    let mut rng = Rng::new(7);
    for case in 0..500 {
        let tiers: Vec<Tier> = (0..1 + case % 8)
            .map(|_| {
                tier(
                    "tier",
                    0.1 + 3.0 * rng.next_f64(),
                    0.001 + rng.exponential(0.02),
                    1 + rng.below(16) as u32,
                )
            })
            .collect();
        check(find, &tiers)?;
    }
    Ok(())
}

/// The first tier with the least of `capacity`, and that.
fn least(tiers: &[Tier], capacity: impl Fn(&Tier) -> f64) -> (usize, f64) {
    let each = tiers.iter().map(capacity).enumerate();
    each.fold(
        (0, f64::INFINITY),
        |least, (place, capacity)| if capacity < least.1 { (place, capacity) } else { least },
    )
}

fn capacity(tier: &Tier) -> f64 {
    f64::from(tier.servers) / (tier.visits * tier.seconds)
}

fn check(find: Find, tiers: &[Tier]) -> Result<(), Failure> {
    let (place, rate) = least(tiers, capacity);
    let found = find(tiers);
    let same = |found: (usize, f64), other: (usize, f64)| {
        found.0 == other.0 && (found.1 / other.1 - 1.0).abs() < 1e-6
    };
    if same(found, (place, rate)) {
        return Ok(());
    }
    let name = tiers.get(found.0).map_or("no tier", |tier| tier.name);
    let slowest = tiers.iter().map(|tier| -tier.seconds).enumerate();
    let slowest = slowest.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(place, _)| place);
    let (most, _) = least(tiers, |tier| -capacity(tier));
    let sum: f64 = tiers.iter().map(|tier| tier.visits * tier.seconds).sum();
    let (key, message) = if same(found, least(tiers, |tier| f64::from(tier.servers) / tier.seconds)) {
        (
            "visits-forgotten",
            "This is how many visits a tier can do. A request may visit it less often than once (a store behind a cache) or several times: divide by the visits.",
        )
    } else if same(found, least(tiers, |tier| 1.0 / (tier.visits * tier.seconds))) {
        (
            "servers-forgotten",
            "Each tier is taken for a single server. It works on several visits at once: multiply by the servers.",
        )
    } else if same(found, least(tiers, |tier| f64::from(tier.servers) * tier.visits / tier.seconds)) {
        (
            "visits-multiplied",
            "A tier that is visited three times fills up at a third of the requests, not at three times as many: divide by the visits.",
        )
    } else if same(found, least(tiers, |tier| capacity(tier).recip()))
        || same(found, least(tiers, |tier| f64::from(tier.servers) / tier.visits * tier.seconds))
        || same(found, (place, rate.recip()))
    {
        (
            "upside-down",
            "This number is in seconds, not in requests per second: servers / (visits × seconds), with the divisor in parentheses, and the tier with the *least* of it fills up first.",
        )
    } else if (found.1 * sum - 1.0).abs() < 1e-6 {
        (
            "adds-the-tiers-up",
            "The sum of all times is what one request takes, not what the system can do: while one request is at the store, others are at the gateway. Throughput is that of the fullest tier alone.",
        )
    } else if found.0 == most && found.0 != place {
        (
            "the-emptiest",
            "This is the tier with the most room: the one with the least capacity fills up first.",
        )
    } else if found.0 == place {
        (
            "busy-per-request",
            "The right tier, with another number than the requests per second at which it is full: servers / (visits × seconds).",
        )
    } else if found.0 == slowest {
        (
            "the-slowest",
            "The slowest tier is not the fullest: it may have many servers, or few visits. Compare servers / (visits × seconds).",
        )
    } else {
        (
            "another-tier",
            "Another tier fills up earlier: for each, compute servers / (visits × seconds), and take the least.",
        )
    };
    Err(Failure::new(
        format!("({place}, {rate:.1}): {}", tiers[place].name),
        format!("({}, {:.1}): {name}", found.0, found.1),
    )
    .input(format!("{tiers:?}"))
    .diagnosis(key, message))
}
