use check::rate_limit::gcra::*;
use std::collections::BTreeMap;
use std::time::Duration;

struct Limiter {
    interval: f64,
    burst: f64,
    arrivals: BTreeMap<u64, f64>,
}

impl LimiterExercise for Limiter {
    fn new(interval: Duration, burst: u32) -> Self {
        Limiter { interval: interval.as_secs_f64(), burst: f64::from(burst), arrivals: BTreeMap::new() }
    }

    fn check(&mut self, key: u64, now: Duration, cost: u32) -> Verdict {
        let now = now.as_secs_f64();
        let arrival = self.arrivals.get(&key).copied().unwrap_or(now).max(now);
        let next = arrival + self.interval * f64::from(cost);
        let latest = now + self.interval * self.burst;
        if next > latest + 1e-9 {
            return Verdict::Deny { retry_after: Duration::from_secs_f64(next - latest) };
        }
        self.arrivals.insert(key, next);
        Verdict::Allow { remaining: ((latest - next) / self.interval + 1e-6) as u32 }
    }
}
