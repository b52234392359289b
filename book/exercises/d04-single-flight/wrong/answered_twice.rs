use std::collections::HashMap;

struct Flight {
    requests: Vec<u64>,
    /// The key was changed since the load began.
    outdated: bool,
}

struct Coalescing {
    values: HashMap<u64, u64>,
    flights: HashMap<u64, Flight>,
    begun: std::collections::HashSet<u64>,
}

impl FlightExercise for Coalescing {
    fn new() -> Self {
        Coalescing { values: HashMap::new(), flights: HashMap::new(), begun: Default::default() }
    }

    fn ask(&mut self, key: u64, request: u64) -> Asked {
        if let Some(value) = self.values.get(&key) {
            return Asked::Hit(*value);
        }
        // Those of the flight before are still in its list.
        let begun = self.begun.insert(key);
        let flight = self.flights.entry(key).or_insert(Flight { requests: Vec::new(), outdated: false });
        flight.requests.push(request);
        if begun { Asked::Load } else { Asked::Wait }
    }

    fn loaded(&mut self, key: u64, value: u64) -> Vec<u64> {
        let Some(flight) = self.flights.get_mut(&key) else { return Vec::new() };
        if !flight.outdated {
            self.values.insert(key, value);
        }
        flight.outdated = false;
        self.begun.remove(&key);
        flight.requests.clone()
    }

    fn failed(&mut self, key: u64) -> Vec<u64> {
        self.begun.remove(&key);
        self.flights.remove(&key).map(|flight| flight.requests).unwrap_or_default()
    }

    fn invalidate(&mut self, key: u64) {
        self.values.remove(&key);
        if let Some(flight) = self.flights.get_mut(&key) {
            flight.outdated = true;
        }
    }
}
