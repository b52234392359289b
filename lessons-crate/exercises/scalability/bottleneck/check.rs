//! Checks a search for the tier that fills up first.

use algorithms::rng::Rng;

use super::{EXERCISE, known};
use crate::{Comparison, Question, Report, close, planted};

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

/// Tiers in; the place of the fullest and its requests per second out.
type Answer = fn(&[Tier]) -> (usize, f64);
planted!("scalability/bottleneck");

const QUESTION: Question<Answer, Vec<Tier>, (usize, f64)> = Question {
    ask: |find, tiers| find(tiers),
    right: |tiers| least(tiers, |tier| f64::from(tier.servers) / (tier.visits * tier.seconds)),
    accepts: None,
    same: |one, other| one.0 == other.0 && close(one.1, other.1),
    input: |tiers| format!("bottleneck(&{tiers:?})"),
    output: |(place, rate)| format!("({place}, {rate:.4})"),
};

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
    Comparison::new(&EXERCISE, &QUESTION, find, MISTAKES)
        .visible("of the day's service it is the store, at 800 requests per second", || vec![SERVICE.into()])
        .visible("more servers help only at the bottleneck", || {
            let mut more = SERVICE;
            more[2].servers = 640;
            let copies = more;
            more[4].servers = 40;
            vec![copies.into(), more.into()]
        })
        .visible("a tier that is visited three times fills up three times as early", || {
            vec![vec![tier("page", 1.0, 0.030, 30), tier("catalog", 3.0, 0.010, 16)]]
        })
        .visible("of two that are full at the same rate, the first counts", || {
            let [gateway, nginx, ..] = SERVICE;
            let replica = tier("replica", 0.25, 0.020, 4);
            let primary = tier("primary", 0.25, 0.020, 4);
            vec![vec![primary, replica], vec![gateway, primary, nginx, replica, gateway]]
        })
        .hidden("any system of up to eight tiers", || {
            let mut rng = Rng::new(7);
            let mut draw = || {
                let (visits, seconds) = (0.1 + 3.0 * rng.next_f64(), 0.001 + rng.exponential(0.02));
                tier("tier", visits, seconds, 1 + rng.below(16) as u32)
            };
            (0..500).map(|case| (0..1 + case % 8).map(|_| draw()).collect()).collect()
        })
        .hidden("a tier that nobody visits is no bottleneck", || {
            let archive = tier("archive", 0.0, 5.0, 1);
            let (mut first, mut last) = (SERVICE.to_vec(), SERVICE.to_vec());
            first.insert(0, archive);
            last.push(archive);
            vec![first, last]
        })
        .described(known::ADDS_THE_TIERS_UP, |tiers, _, &(_, rate)| {
            close(rate.recip(), tiers.iter().map(|tier| tier.visits * tier.seconds).sum())
        })
        .described(known::THE_SLOWEST, |tiers, right, &(place, _)| {
            place != right.0 && place == least(tiers, |tier| -tier.seconds).0 && tiers[place].visits > 0.0
        })
        .described(known::BUSY_PER_REQUEST, |_, right, found| found.0 == right.0)
        .described(known::ANOTHER_TIER, |_, right, found| found.0 != right.0)
        .finish()
}

/// The first tier with the least of this, and that.
fn least(tiers: &[Tier], of: impl Fn(&Tier) -> f64) -> (usize, f64) {
    let each = tiers.iter().map(of).enumerate();
    each.min_by(|one, other| one.1.total_cmp(&other.1)).unwrap_or((0, f64::INFINITY))
}
