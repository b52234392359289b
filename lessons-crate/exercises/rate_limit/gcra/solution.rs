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
        let arrival = self.arrivals.get(&key).copied().unwrap_or(now).max(now);
        let next = arrival + self.interval * cost;
        let latest = now + self.interval * self.burst;
        if next > latest {
            return Verdict::Deny { retry_after: next - latest };
        }
        self.arrivals.insert(key, next);
        let remaining = (latest - next).as_nanos() / self.interval.as_nanos();
        Verdict::Allow { remaining: remaining as u32 }
    }
}
