use check::cache::single_flight::*;
use std::collections::HashMap;

struct Flight {
    requests: Vec<u64>,
    /// The key was changed since the load began.
    outdated: bool,
}

struct Coalescing {
    values: HashMap<u64, u64>,
    flights: HashMap<u64, Flight>,
}

impl FlightExercise for Coalescing {
    fn new() -> Self {
        Coalescing { values: HashMap::new(), flights: HashMap::new() }
    }

    fn ask(&mut self, key: u64, request: u64) -> Asked {
        if let Some(value) = self.values.get(&key) {
            return Asked::Hit(*value);
        }
        if let Some(flight) = self.flights.get_mut(&key) {
            flight.requests.push(request);
            return Asked::Wait;
        }
        self.flights.insert(key, Flight { requests: vec![request], outdated: false });
        Asked::Load
    }

    fn loaded(&mut self, key: u64, value: u64) -> Vec<u64> {
        let Some(flight) = self.flights.remove(&key) else { return Vec::new() };
        if !flight.outdated {
            self.values.insert(key, value);
        }
        flight.requests
    }

    fn failed(&mut self, key: u64) -> Vec<u64> {
        self.flights.remove(&key).map(|flight| flight.requests).unwrap_or_default()
    }

    fn invalidate(&mut self, key: u64) {
        self.values.remove(&key);
        if let Some(flight) = self.flights.get_mut(&key) {
            flight.outdated = true;
        }
    }
}
