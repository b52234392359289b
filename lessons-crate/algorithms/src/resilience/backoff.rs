//! How long to wait before trying again.

use std::time::Duration;

use crate::rng::Rng;

/// What randomness does to a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// Nothing: clients that failed together come back together.
    None,
    /// It is drawn evenly from zero to what it would have been.
    Full,
}

/// Waits that double with each try, up to a cap.
///
/// # Sources
///
/// M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015. Doubling goes back to R. M. Metcalfe,
/// D. R. Boggs, "Ethernet: Distributed Packet Switching for Local Computer Networks", CACM 19(7), 1976.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::resilience::{Backoff, Jitter};
/// use lessons::rng::Rng;
///
/// let backoff = Backoff { base: Duration::from_millis(100), cap: Duration::from_secs(1), jitter: Jitter::None };
/// let waits: Vec<u128> = (0..5).map(|retry| backoff.wait(retry, &mut Rng::new(1)).as_millis()).collect();
/// assert_eq!(waits, [100, 200, 400, 800, 1_000]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The wait before the first retry.
    pub base: Duration,
    /// No wait is longer.
    pub cap: Duration,
    /// Whether waits are spread.
    pub jitter: Jitter,
}

impl Backoff {
    /// The wait before a retry, counted from 0. O(1).
    pub fn wait(&self, retry: u32, rng: &mut Rng) -> Duration {
        let longest = self.base.saturating_mul(1u32.checked_shl(retry).unwrap_or(u32::MAX)).min(self.cap);
        match self.jitter {
            Jitter::None => longest,
            Jitter::Full => longest.mul_f64(rng.next_f64()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_jitter_is_half_of_the_wait_in_the_mean() {
        let backoff = Backoff {
            base: Duration::from_millis(10),
            cap: Duration::from_millis(500),
            jitter: Jitter::Full,
        };
        let mut rng = Rng::new(7);
        for (retry, longest) in [(0, 10.0), (3, 80.0), (6, 500.0), (40, 500.0)] {
            let waits: Vec<f64> =
                (0..20_000).map(|_| backoff.wait(retry, &mut rng).as_secs_f64() * 1e3).collect();
            assert!(waits.iter().all(|&wait| wait <= longest));
            let mean = crate::stats::mean(&waits);
            assert!((mean / (longest / 2.0) - 1.0).abs() < 0.02, "{mean} of {longest}");
        }
    }
}
