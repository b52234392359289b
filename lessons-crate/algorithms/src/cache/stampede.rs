//! One hot key expires: how many compute it anew?

use std::collections::VecDeque;
use std::time::Duration;

use crate::interrupt::checkpoint;
use crate::rng::Rng;

/// What a request does that finds the value expired, or about to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Protection {
    /// Computes it, as everyone else does: the stampede.
    Nothing,
    /// Computes it if nobody does; else waits for the one who does ([`SingleFlight`](super::SingleFlight)).
    SingleFlight,
    /// Decides by lot to compute it before it expires ([`x_fetch`]); `beta` above 1 is earlier.
    XFetch {
        /// The factor β.
        beta: f64,
    },
    /// Is given the old value for this long after it expired, while one computes the new one in the background.
    StaleWhileRevalidate {
        /// How long an expired value may be given out.
        window: Duration,
    },
}

/// Whether a request should compute a value anew before it expires: with probability e^(-s/βδ), s before it does.
///
/// `recompute` (δ) is how long that takes, `beta` (β) is 1 by default. `draw` is uniform, above 0 and at most 1.
///
/// # Sources
///
/// A. Vattani, F. Chierichetti, K. Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", PVLDB 8(8), 2015,
/// doi:10.14778/2757807.2757813 (XFetch).
pub fn x_fetch(now: Duration, expires: Duration, recompute: Duration, beta: f64, draw: f64) -> bool {
    let early = -beta * recompute.as_secs_f64() * draw.ln();
    now.as_secs_f64() + early >= expires.as_secs_f64()
}

/// One key, asked for at random moments, whose value takes time to compute and expires.
///
/// # Examples
///
/// ```
/// use lessons::cache::{Protection, Stampede};
///
/// let hot = Stampede::default();
/// assert!(hot.run(Protection::Nothing).most_at_once > 100);
/// assert_eq!(hot.run(Protection::SingleFlight).most_at_once, 1);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Stampede {
    /// Requests per second (λ).
    pub rate: f64,
    /// How long it takes to compute the value (δ).
    pub recompute: Duration,
    /// How long a value is good, from when it was computed.
    pub ttl: Duration,
    /// How long requests come.
    pub length: Duration,
    /// Another seed gives other moments.
    pub seed: u64,
}

impl Default for Stampede {
    /// 1,000 requests a second for 200 s, 0.2 s to compute, good for 10 s.
    fn default() -> Self {
        Self {
            rate: 1_000.0,
            recompute: Duration::from_millis(200),
            ttl: Duration::from_secs(10),
            length: Duration::from_secs(200),
            seed: 4,
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StampedeResult {
    /// Requests.
    pub requests: u64,
    /// How often the value was computed.
    pub computations: u64,
    /// How often computing began when nobody was at it: the times that it had to.
    pub refreshes: u64,
    /// The most that computed it at the same time.
    pub most_at_once: usize,
    /// Requests that waited: because they computed, or for the one who did.
    pub waited: u64,
    /// Requests that were given an expired value.
    pub stale: u64,
    /// When the number of those who compute changed (in seconds), and to what.
    pub computing: Vec<(f64, f64)>,
}

impl StampedeResult {
    /// How often the value was computed for each time that it had to be.
    pub fn computations_per_refresh(&self) -> f64 {
        self.computations as f64 / self.refreshes.max(1) as f64
    }

    fn note(&mut self, at: Duration, computing: usize) {
        self.most_at_once = self.most_at_once.max(computing);
        self.computing.push((at.as_secs_f64(), computing as f64));
    }
}

impl Stampede {
    /// Sends the same requests at the key. They find no value at first; that first computation is not counted.
    pub fn run(&self, protection: Protection) -> StampedeResult {
        let mut rng = Rng::new(self.seed);
        let mut result = StampedeResult::default();
        let mut expires = self.ttl;
        // When each computation ends, in order because all take equally long.
        let mut ends: VecDeque<Duration> = VecDeque::new();
        let mut now = Duration::ZERO;
        loop {
            checkpoint();
            now += Duration::from_secs_f64(rng.exponential(1.0 / self.rate));
            let draw = 1.0 - rng.next_f64();
            if now > self.length {
                return result;
            }
            while let Some(end) = ends.front().copied().filter(|end| *end <= now) {
                ends.pop_front();
                expires = end + self.ttl;
                result.note(end, ends.len());
            }
            result.requests += 1;
            let expired = now >= expires;
            let (computes, waits) = match protection {
                Protection::Nothing => (expired, expired),
                Protection::SingleFlight => (expired && ends.is_empty(), expired),
                Protection::XFetch { beta } => {
                    let computes = x_fetch(now, expires, self.recompute, beta, draw);
                    (computes, computes)
                }
                Protection::StaleWhileRevalidate { window } => {
                    (expired && ends.is_empty(), now >= expires + window)
                }
            };
            result.stale += u64::from(expired && !waits);
            result.waited += u64::from(waits);
            if computes {
                result.computations += 1;
                result.refreshes += u64::from(ends.is_empty());
                ends.push_back(now + self.recompute);
                result.note(now, ends.len());
            }
        }
    }
}
