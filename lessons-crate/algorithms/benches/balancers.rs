//! What a choice costs: nanoseconds per pick, and per request with its start and its end, for each policy
//! at 10 and at 1,000 backends; and nanoseconds per lookup of a key's node, beside a map of std that
//! remembers each key.
//!
//! Each backend has two requests in flight on average: a request ends when twice as many as there are
//! backends came after it. Each figure is the best of several runs.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::disallowed_types, reason = "the map of std is what readers know: it is measured, too")]

use std::collections::{HashMap, VecDeque};
use std::hint::black_box;
use std::net::Ipv4Addr;
use std::time::Instant;

use lessons::hash::mix64;
use lessons::hashing::{HashRing, JumpHash, MaglevTable, Modulo, Placement, Rendezvous};
use lessons::load_balancer::{
    Balancer, EarliestDeadline, IpHash, JoinIdleQueue, LeastConnections, Maglev, PeakEwma, PowerOfTwoChoices,
    Random, Request, RoundRobin, SmoothWeightedRoundRobin, StaleView, WeightedRandom,
};
use lessons::rng::Rng;
use lessons::table::{Table, fixed};

const RUNS: usize = 7;
const REQUESTS: usize = 200_000;
const SIZES: [usize; 2] = [10, 1_000];
/// As many different keys as a busy balancer has connections.
const KEYS: u64 = 65_536;

fn policies(backends: usize) -> Vec<Box<dyn Balancer>> {
    let weights: Vec<u32> = (0..backends as u32).map(|i| 1 + i % 5).collect();
    vec![
        Box::new(RoundRobin::new(backends)),
        Box::new(SmoothWeightedRoundRobin::new(&weights)),
        Box::new(EarliestDeadline::new(&weights)),
        Box::new(Random::new(backends)),
        Box::new(WeightedRandom::new(&weights)),
        Box::new(LeastConnections::new(backends)),
        Box::new(PowerOfTwoChoices::new(backends)),
        Box::new(PeakEwma::new(backends)),
        Box::new(JoinIdleQueue::new(backends)),
        Box::new(StaleView::new(backends, 2, 1.0)),
        Box::new(IpHash::new(backends)),
        Box::new(IpHash::full_address(backends)),
        Box::new(Maglev::new(backends)),
    ]
}

fn requests(backends: usize) -> Vec<Request> {
    let mut rng = Rng::new(35);
    let mut time = 0.0;
    let request = |_| {
        time += rng.exponential(1.0 / backends as f64);
        let client = Ipv4Addr::from_bits(rng.next_u64() as u32);
        Request { time, client, key: rng.next_u64() }
    };
    (0..REQUESTS).map(request).collect()
}

/// Nanoseconds per request of one run.
fn nanoseconds(run: impl FnOnce(), requests: usize) -> f64 {
    let start = Instant::now();
    run();
    start.elapsed().as_secs_f64() * 1e9 / requests as f64
}

fn whole_requests(balancer: &mut dyn Balancer, requests: &[Request], in_flight: &mut VecDeque<usize>) {
    for request in requests {
        let backend = balancer.pick(request);
        balancer.started(backend);
        in_flight.push_back(backend);
        if let Some(done) = in_flight.pop_front() {
            balancer.finished(done, 1.0, true);
        }
    }
}

fn picks(balancer: &mut dyn Balancer, requests: &[Request]) {
    for request in requests {
        black_box(balancer.pick(request));
    }
}

/// Each key's node, written down once: what a balancer that tracks connections has.
struct Remembered(HashMap<u64, u64>);

impl Placement for Remembered {
    fn name(&self) -> &'static str {
        "std HashMap of keys"
    }

    fn node(&self, key: u64) -> u64 {
        self.0[&key]
    }
}

fn placements(nodes: usize, keys: &[u64]) -> Vec<Box<dyn Placement>> {
    let names: Vec<u64> = (0..nodes as u64).collect();
    let modulo = Modulo(nodes as u64);
    vec![
        Box::new(modulo),
        Box::new(MaglevTable::new(&names)),
        Box::new(Remembered(keys.iter().map(|&key| (key, modulo.node(key))).collect())),
        Box::new(JumpHash(nodes as u64)),
        Box::new(HashRing::new(&names, 100)),
        Box::new(Rendezvous::new(&names)),
    ]
}

fn lookups() -> Table {
    let mut table = Table::new(["placement", "10 nodes", "1,000 nodes"])
        .caption("Nanoseconds per lookup of one of 65,536 keys, at 10 and at 1,000 nodes");
    let pool: Vec<u64> = (0..KEYS).map(mix64).collect();
    let mut rng = Rng::new(35);
    let keys: Vec<u64> = (0..REQUESTS).map(|_| pool[rng.index(pool.len())]).collect();
    let [few, many] = SIZES.map(|nodes| placements(nodes, &pool));
    for (few, many) in few.iter().zip(&many) {
        let best = |placement: &dyn Placement| {
            // Microseconds at 1,000 nodes: a twentieth of the keys is enough.
            let keys = if placement.name() == "rendezvous" { &keys[..REQUESTS / 20] } else { &keys[..] };
            let run = || {
                for &key in keys {
                    black_box(placement.node(key));
                }
            };
            let times = (0..RUNS).map(|_| nanoseconds(run, keys.len()));
            times.fold(f64::INFINITY, f64::min)
        };
        table.push([few.name(), &fixed(best(few.as_ref()), 1), &fixed(best(many.as_ref()), 1)]);
    }
    table
}

fn costs() -> Table {
    let mut table = Table::new(["policy", "pick, 10", "pick, 1,000", "request, 10", "request, 1,000"])
        .caption("Nanoseconds, at 10 and at 1,000 backends");
    // By policy: the best pick and the best request at each number of backends.
    let mut best = vec![[f64::INFINITY; 4]; policies(SIZES[0]).len()];
    for (size, &backends) in SIZES.iter().enumerate() {
        let requests = requests(backends);
        for (balancer, best) in policies(backends).iter_mut().zip(&mut best) {
            let mut in_flight = VecDeque::new();
            for request in &requests[..2 * backends] {
                let backend = balancer.pick(request);
                balancer.started(backend);
                in_flight.push_back(backend);
            }
            for _ in 0..RUNS {
                let whole =
                    nanoseconds(|| whole_requests(balancer.as_mut(), &requests, &mut in_flight), REQUESTS);
                best[2 + size] = best[2 + size].min(whole);
                // Without ends, a policy that hands out idle backends has none left after the first run.
                best[size] = best[size].min(nanoseconds(|| picks(balancer.as_mut(), &requests), REQUESTS));
            }
        }
    }
    for (balancer, times) in policies(SIZES[0]).iter().zip(best) {
        let mut row = vec![balancer.name().to_owned()];
        row.extend(times.map(|time| fixed(time, 1)));
        table.push(row);
    }
    table
}

fn main() {
    println!("{}\n\n{}", costs(), lookups());
}
