//! What a choice costs: nanoseconds per pick, and per request with its start and its end, for each policy
//! at 10 and at 1,000 backends.
//!
//! Each backend has two requests in flight on average: a request ends when twice as many as there are
//! backends came after it. Each figure is the best of several runs.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::collections::VecDeque;
use std::hint::black_box;
use std::net::Ipv4Addr;
use std::time::Instant;

use lessons::load_balancer::{
    Balancer, IpHash, JoinIdleQueue, LeastConnections, Maglev, PeakEwma, PowerOfTwoChoices, Random, Request,
    RoundRobin, SmoothWeightedRoundRobin, StaleView, WeightedRandom,
};
use lessons::rng::Rng;
use lessons::table::{Table, fixed};

const RUNS: usize = 7;
const REQUESTS: usize = 200_000;
const SIZES: [usize; 2] = [10, 1_000];

fn policies(backends: usize) -> Vec<Box<dyn Balancer>> {
    let weights: Vec<u32> = (0..backends as u32).map(|i| 1 + i % 5).collect();
    vec![
        Box::new(RoundRobin::new(backends)),
        Box::new(SmoothWeightedRoundRobin::new(&weights)),
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
fn nanoseconds(run: impl FnOnce()) -> f64 {
    let start = Instant::now();
    run();
    start.elapsed().as_secs_f64() * 1e9 / REQUESTS as f64
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

fn main() {
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
                let whole = nanoseconds(|| whole_requests(balancer.as_mut(), &requests, &mut in_flight));
                best[2 + size] = best[2 + size].min(whole);
                // Without ends, a policy that hands out idle backends has none left after the first run.
                best[size] = best[size].min(nanoseconds(|| picks(balancer.as_mut(), &requests)));
            }
        }
    }
    for (balancer, times) in policies(SIZES[0]).iter().zip(best) {
        let mut row = vec![balancer.name().to_owned()];
        row.extend(times.map(|time| fixed(time, 1)));
        table.push(row);
    }
    println!("{table}");
}
