//! How many requests at once? Found out, not configured.

use crate::interrupt;

/// A limit of requests in flight that grows by addition while things go well, and shrinks by multiplication when
/// they do not. O(1) per request.
///
/// A limit *per second* needs to know what the server can do; this one finds out, and follows when it changes. By
/// Little's law the number in flight is rate times latency, so a bound on it bounds the line.
///
/// # Sources
///
/// D.-M. Chiu, R. Jain, "Analysis of the Increase and Decrease Algorithms for Congestion Avoidance in Computer
/// Networks", Computer Networks and ISDN Systems 17(1), 1989; E. Gustafsson, "Performance Under Load", Netflix
/// Technology Blog, 2018.
///
/// # Examples
///
/// ```
/// use lessons::gateway::AimdLimit;
///
/// let mut limit = AimdLimit::new(10.0);
/// limit.answered(false);
/// assert_eq!(limit.limit(), 9);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AimdLimit {
    /// Invariant: at least 1.
    limit: f64,
    in_flight: usize,
}

/// What is left of the limit after a sign of overload.
const DECREASE: f64 = 0.9;

impl AimdLimit {
    /// One that begins with this limit.
    ///
    /// # Panics
    ///
    /// When it is below 1.
    pub fn new(limit: f64) -> Self {
        assert!(limit >= 1.0, "a limit below one request lets nothing pass: {limit}");
        Self { limit, in_flight: 0 }
    }

    /// How many requests may be in flight.
    pub fn limit(&self) -> usize {
        self.limit as usize
    }

    /// Takes a place, if there is one.
    pub fn try_enter(&mut self) -> bool {
        let enters = self.in_flight < self.limit();
        self.in_flight += usize::from(enters);
        enters
    }

    /// A request left; `well` is false when it was refused, failed or took too long.
    pub fn answered(&mut self, well: bool) {
        // One more for a whole round of answers, and only if the limit is what holds requests back.
        if well && 2 * self.in_flight >= self.limit() {
            self.limit += 1.0 / self.limit;
        } else if !well {
            self.limit = (self.limit * DECREASE).max(1.0);
        }
        self.in_flight = self.in_flight.saturating_sub(1);
    }
}

/// The limit over time before a server that works on `capacity(round)` requests at once: in each round the limit
/// is filled, everyone is answered, and a round in which more were inside than 1.5 times the capacity, so that
/// requests took 1.5 times as long as on an idle server, counts as overload once.
pub fn follow(start: f64, rounds: usize, capacity: impl Fn(usize) -> f64) -> Vec<usize> {
    let mut limit = AimdLimit::new(start);
    let round = |round| {
        interrupt::checkpoint();
        let mut inside = 0usize;
        while limit.try_enter() {
            inside += 1;
        }
        let overload = inside as f64 > 1.5 * capacity(round);
        // As TCP does: one decrease for one round, however many of its requests were late.
        limit.answered(!overload);
        for _ in 1..inside {
            if overload {
                limit.in_flight -= 1;
            } else {
                limit.answered(true);
            }
        }
        inside
    };
    (0..rounds).map(round).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::mean;

    #[test]
    fn it_finds_the_knee_and_follows_it() {
        let capacity = |round| if (300..600).contains(&round) { 20.0 } else { 60.0 };
        let limits = follow(5.0, 1_200, capacity);
        let between = |from: usize, to: usize| {
            mean(&limits[from..to].iter().map(|&limit| limit as f64).collect::<Vec<_>>())
        };
        // The saw of the limit is between 0.9 and 1 times what is taken for overload: 1.5 times the capacity.
        assert!((80.0..92.0).contains(&between(200, 300)), "{}", between(200, 300));
        assert!((26.0..32.0).contains(&between(400, 600)), "{}", between(400, 600));
        assert!((80.0..92.0).contains(&between(800, 1_200)), "{}", between(800, 1_200));
    }

    /// The theorem of Chiu and Jain: additive increase keeps the difference of two, multiplicative decrease
    /// shrinks it.
    #[test]
    fn two_that_share_a_server_become_equal() {
        let (mut one, mut other) = (90.0f64, 5.0f64);
        for _ in 0..2_000 {
            if one + other > 100.0 {
                (one, other) = (one * DECREASE, other * DECREASE);
            } else {
                (one, other) = (one + 1.0, other + 1.0);
            }
        }
        assert!((one - other).abs() < 0.1, "{one} and {other}");
    }

    #[test]
    fn who_does_not_need_it_does_not_get_more() {
        let mut limit = AimdLimit::new(10.0);
        for _ in 0..1_000 {
            assert!(limit.try_enter());
            limit.answered(true);
        }
        assert_eq!(limit.limit(), 10);
        (0..10_000).for_each(|_| limit.answered(false));
        assert_eq!(limit.limit(), 1);
    }
}
