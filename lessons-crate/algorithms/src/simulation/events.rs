//! The events of a run: arrivals, and ends of service in their order.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::net::Ipv4Addr;

use super::health::Health;
use super::{Simulation, SimulationResult};
use crate::hash::{hash_u64, mix64, reduce};
use crate::interrupt;
use crate::load_balancer::{Balancer, Request};
use crate::rng::Rng;

/// A request that will end.
#[derive(Debug)]
struct Departure {
    time: f64,
    /// The number of its request: makes the order of equal times the same in every run.
    number: usize,
    backend: usize,
    latency: f64,
    ok: bool,
}

impl Ord for Departure {
    /// The earliest is the greatest, for the heap.
    fn cmp(&self, other: &Self) -> Ordering {
        other.time.total_cmp(&self.time).then(other.number.cmp(&self.number))
    }
}

impl PartialOrd for Departure {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Departure {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Departure {}

/// One backend: a queue in order of arrival, of which only the end matters.
#[derive(Clone, Debug)]
struct Backend {
    speed: f64,
    /// When it will have done all that it has got.
    free_at: f64,
    requests: u64,
    work: f64,
}

pub(super) fn run(simulation: &Simulation, balancer: &mut dyn Balancer) -> SimulationResult {
    let mut seeds = Rng::new(simulation.seed);
    // A stream for each purpose, so that every policy meets the same requests.
    let (mut arrivals, mut services, mut clients) = (seeds.split(), seeds.split(), seeds.split());
    let between = 1.0 / simulation.arrival_rate();
    let unit = simulation.service.mean();
    let warm_up = simulation.requests / 10;
    let idle = |&speed: &f64| Backend { speed, free_at: 0.0, requests: 0, work: 0.0 };
    let mut backends: Vec<Backend> = simulation.speeds.iter().map(idle).collect();
    if let Some(failure) = simulation.failure {
        let (index, count) = (failure.backend, backends.len());
        assert!(index < count, "backend {index} cannot fail: there are only {count}, from 0");
    }
    let mut health = Health::new(simulation.health_check, backends.len());
    let mut departures = BinaryHeap::new();
    let mut latencies = Vec::with_capacity(simulation.requests - warm_up);
    let mut error_times = Vec::new();
    let mut now = 0.0;
    for number in 0..simulation.requests {
        if number % 1024 == 0 {
            interrupt::checkpoint();
        }
        now += arrivals.exponential(between);
        finish(&mut departures, now, balancer, &mut health);
        health.advance(now, simulation.failure, &mut |backend, up| balancer.set_up(backend, up));

        let request = request(now, clients.below(simulation.clients));
        let backend = route(balancer, &health, &request);
        balancer.started(backend);
        let service = services_of(simulation, &mut services) / unit / backends[backend].speed;
        let (end, ok) = serve(simulation, &mut backends[backend], backend, now, service);
        departures.push(Departure { time: end, number, backend, latency: end - now, ok });
        if !ok {
            error_times.push(end);
        }
        if number >= warm_up {
            latencies.push(end - now);
        }
    }
    finish(&mut departures, f64::INFINITY, balancer, &mut health);
    error_times.sort_unstable_by(f64::total_cmp);
    let counts = backends.iter().map(|backend| backend.requests).collect();
    let offered = backends.iter().map(|backend| backend.work / now).collect();
    SimulationResult::new(balancer.name(), latencies, counts, offered, error_times, now)
}

/// Kept out of the loop's lines: a draw through the trait object.
fn services_of(simulation: &Simulation, rng: &mut Rng) -> f64 {
    simulation.service.sample(rng)
}

fn request(time: f64, client: u64) -> Request {
    let key = mix64(client);
    // Public-looking addresses, all over the networks.
    Request { time, client: Ipv4Addr::from_bits((hash_u64(client, 1) >> 32) as u32), key }
}

/// The backend that gets the request: the one picked when it is up, else one of those that are, which
/// follows from the key.
fn route(balancer: &mut dyn Balancer, health: &Health, request: &Request) -> usize {
    let picked = balancer.pick(request);
    let (name, backends) = (balancer.name(), health.backends());
    assert!(picked < backends, "{name} picked backend {picked}, but there are only {backends}, from 0");
    if health.is_up(picked) {
        return picked;
    }
    let available = health.available();
    available[reduce(hash_u64(request.key, request.time.to_bits()), available.len() as u64) as usize]
}

/// When the request ends, and whether well.
fn serve(
    simulation: &Simulation,
    backend: &mut Backend,
    index: usize,
    now: f64,
    service: f64,
) -> (f64, bool) {
    backend.requests += 1;
    if let Some(failure) = simulation.failure {
        if failure.hits(index, now) {
            return (now + failure.error_latency, false);
        }
        let end = backend.free_at.max(now) + service;
        if index == failure.backend && now < failure.at && end > failure.at {
            // It was waiting or being served when the backend died.
            backend.free_at = failure.until;
            return (failure.at, false);
        }
    }
    backend.work += service;
    backend.free_at = backend.free_at.max(now) + service;
    (backend.free_at, true)
}

/// Tells the balancer of all the requests that end up to now.
fn finish(
    departures: &mut BinaryHeap<Departure>,
    now: f64,
    balancer: &mut dyn Balancer,
    health: &mut Health,
) {
    while departures.peek().is_some_and(|next| next.time <= now) {
        let Some(Departure { time, backend, latency, ok, .. }) = departures.pop() else { return };
        balancer.finished(backend, latency, ok);
        health.answered(backend, time, ok, &mut |backend, up| balancer.set_up(backend, up));
    }
}
