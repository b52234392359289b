use check::rate_limit::gcra::*;
use std::collections::BTreeMap;
use std::time::Duration;

struct Limiter {
    interval: Duration,
    burst: u32,
    /// When the next request of each key would come if all had been evenly spaced.
    arrivals: BTreeMap<u64, Duration>,
}

impl LimiterExercise for Limiter {
    fn new(interval: Duration, burst: u32) -> Self {
        Limiter { interval, burst, arrivals: BTreeMap::new() }
    }

    fn check(&mut self, key: u64, now: Duration, cost: u32) -> Verdict {
        todo!("compare the next arrival time with the latest one that is allowed now")
    }
}
