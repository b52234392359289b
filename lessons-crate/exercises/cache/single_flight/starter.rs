use check::cache::single_flight::*;
use std::collections::HashMap;

/// A load under way.
struct Flight {
    /// Who is to be answered, in the order in which they asked.
    requests: Vec<u64>,
    // What else must be known when the value comes?
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
        todo!("Asked::Hit(value), Asked::Load or Asked::Wait")
    }

    fn loaded(&mut self, key: u64, value: u64) -> Vec<u64> {
        todo!("who is answered, and is the value kept?")
    }

    fn failed(&mut self, key: u64) -> Vec<u64> {
        todo!("who is told?")
    }

    fn invalidate(&mut self, key: u64) {
        todo!("what about a load that is under way?")
    }
}
