//! How many requests at once? Read from how much slower they get.

use std::time::Duration;

/// A limit of requests in flight that follows latency: what it is now, against what it is with no line.
///
/// [`AimdLimit`](crate::gateway::AimdLimit) must be told what counts as overload; this one sees the line itself. Their
/// ratio is the gradient: 1 means that nobody waits, one half that requests wait as long as they are worked on. The new
/// limit is gradient × limit + √limit, where the root is the line that is allowed: without it the limit could never
/// grow. Before a server that works on c requests at once the limit comes to rest where L = c + √L. O(1).
///
/// It believes the shortest latency that it has seen. When work itself gets slower for good, that is a line to it, and
/// the limit falls to what the root allows: [`forget`](Self::forget) now and then.
///
/// # Sources
///
/// E. Gustafsson, "Performance Under Load", Netflix Technology Blog, 2018 (concurrency-limits); the idea is that of
/// L. S. Brakmo, L. L. Peterson, "TCP Vegas: End to End Congestion Avoidance on a Global Internet", IEEE Journal on
/// Selected Areas in Communications 13(8), 1995.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::resilience::GradientLimit;
///
/// let mut limit = GradientLimit::new(16.0);
/// limit.observe(Duration::from_millis(10));
/// assert_eq!(limit.limit(), 20); // nobody waits: 16 + √16
/// limit.observe(Duration::from_millis(20));
/// assert_eq!(limit.limit(), 14); // 20 / 2 + √20
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GradientLimit {
    /// Invariant: at least 1.
    limit: f64,
    shortest: Option<Duration>,
}

impl GradientLimit {
    /// One that begins with this limit.
    ///
    /// # Panics
    ///
    /// When it is below 1.
    pub fn new(limit: f64) -> Self {
        assert!(limit >= 1.0, "a limit below one request lets nothing pass: {limit}");
        Self { limit, shortest: None }
    }

    /// How many requests may be in flight.
    pub fn limit(&self) -> usize {
        self.limit as usize
    }

    /// Takes the mean latency of a window of requests, during which the limit was in use: a window in which little came
    /// says nothing about the server. A gradient below one half counts as one half, so that one bad window does not
    /// throw away all that was learned.
    pub fn observe(&mut self, latency: Duration) {
        let shortest = self.shortest.map_or(latency, |shortest| shortest.min(latency));
        self.shortest = Some(shortest);
        let gradient = shortest.as_secs_f64() / latency.as_secs_f64().max(f64::MIN_POSITIVE);
        self.limit = (self.limit * gradient.clamp(0.5, 1.0) + self.limit.sqrt()).max(1.0);
    }

    /// Forgets the shortest latency: the next one takes its place.
    pub fn forget(&mut self) {
        self.shortest = None;
    }

    /// Where the limit comes to rest before a server that works on `capacity` requests at once: L = c + √L.
    pub fn rest(capacity: f64) -> f64 {
        ((1.0 + (1.0 + 4.0 * capacity).sqrt()) / 2.0).powi(2)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A window in which the limit is full: beyond its capacity a server makes everyone wait in proportion.
    fn latency(limit: usize, capacity: f64) -> Duration {
        Duration::from_secs_f64(0.010 * (limit as f64 / capacity).max(1.0))
    }

    fn after(limit: &mut GradientLimit, windows: usize, capacity: f64) -> f64 {
        for _ in 0..windows {
            limit.observe(latency(limit.limit(), capacity));
        }
        limit.limit() as f64
    }

    #[test]
    fn it_rests_where_theory_says_and_follows_the_server() {
        // It must have seen the server with no line once: it starts below its capacity.
        let mut limit = GradientLimit::new(4.0);
        for capacity in [20.0, 60.0, 500.0, 60.0, 6.0] {
            let (found, theory) = (after(&mut limit, 200, capacity), GradientLimit::rest(capacity));
            assert!((found - theory).abs() <= 1.0 + 0.02 * theory, "{found} for {theory} at {capacity}");
        }
    }

    #[test]
    fn one_that_never_saw_an_idle_server_takes_its_line_for_work() {
        let mut limit = GradientLimit::new(200.0);
        limit.observe(latency(200, 20.0));
        // It believes that 100 ms is as good as it gets, and lets far too many in.
        let found = after(&mut limit, 100, 20.0);
        assert!(found > 5.0 * GradientLimit::rest(20.0), "{found}");
    }

    #[test]
    fn work_that_gets_slower_looks_like_a_line_until_it_is_forgotten() {
        let mut limit = GradientLimit::new(4.0);
        after(&mut limit, 200, 60.0);
        let slower = |limit: &mut GradientLimit| {
            for _ in 0..200 {
                limit.observe(2 * latency(limit.limit(), 60.0));
            }
            limit.limit()
        };
        // L = L / 2 + √L: 4.
        assert_eq!(slower(&mut limit), 4);
        limit.forget();
        assert!((slower(&mut limit) as f64 - GradientLimit::rest(60.0)).abs() < 2.0);
    }

    proptest! {
        #[test]
        fn it_never_falls_by_more_than_half_nor_grows_by_more_than_its_root(
            start in 1.0..1_000.0f64, times in prop::collection::vec(1u64..10_000, 1..100),
        ) {
            let mut limit = GradientLimit::new(start);
            for time in times {
                let before = limit.limit;
                limit.observe(Duration::from_micros(time));
                prop_assert!(limit.limit >= 1.0 && limit.limit >= before / 2.0);
                prop_assert!(limit.limit <= before + before.sqrt() + 1e-9);
            }
        }
    }
}
