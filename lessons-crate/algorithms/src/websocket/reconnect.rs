//! A server restarts, and all its clients come back.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::resilience::Backoff;
use crate::rng::Rng;

/// No client tries longer: by then the settings are wrong, and the numbers say so.
const TRIES_MAX: u32 = 100;

/// When clients came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrivals {
    /// Attempts in each bucket of time.
    pub attempts: Vec<u64>,
    /// Clients that the server let in, in each bucket.
    pub admitted: Vec<u64>,
    /// Clients that gave up after a hundred tries.
    pub given_up: u64,
}

impl Arrivals {
    /// The most attempts in one bucket.
    pub fn peak(&self) -> u64 {
        self.attempts.iter().copied().max().unwrap_or(0)
    }

    /// All attempts: more than there are clients when some were turned away.
    pub fn total(&self) -> u64 {
        self.attempts.iter().sum()
    }

    /// In which bucket the last client was let in, counted from 0.
    pub fn last_admitted(&self) -> Option<usize> {
        self.admitted.iter().rposition(|admitted| *admitted > 0)
    }
}

/// Lets `clients` come back to a server that went away at time 0 and lets in `capacity` of them in each bucket; who is
/// turned away waits longer and tries again.
///
/// Without jitter all come at once, and all that were turned away come at once again. With full jitter over a first wait
/// of Δ, a bucket of width w gets about clients × w / Δ.
///
/// # Complexity
///
/// O(attempts × log clients).
///
/// # Panics
///
/// When the bucket is empty: there would be no end of them.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::resilience::{Backoff, Jitter};
/// use lessons::rng::Rng;
/// use lessons::websocket::arrivals;
///
/// let ms = Duration::from_millis;
/// let come_back = |jitter| {
///     let backoff = Backoff { base: ms(10_000), cap: ms(60_000), jitter };
///     arrivals(10_000, u64::MAX, &backoff, ms(100), &mut Rng::new(1))
/// };
/// assert_eq!(come_back(Jitter::None).peak(), 10_000);
/// assert!(come_back(Jitter::Full).peak() < 150, "100 ms of 10 s: about 100");
/// ```
///
/// # Sources
///
/// M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
pub fn arrivals(clients: u64, capacity: u64, backoff: &Backoff, bucket: Duration, rng: &mut Rng) -> Arrivals {
    assert!(!bucket.is_zero(), "a bucket needs a width");
    let mut result = Arrivals { attempts: Vec::new(), admitted: Vec::new(), given_up: 0 };
    // By time and client, so that the order is that of time; clients are told apart by number.
    let mut pending: BTreeMap<(Duration, u64), u32> =
        (0..clients).map(|client| ((backoff.wait(0, rng), client), 0)).collect();
    while let Some(((at, client), tries)) = pending.pop_first() {
        let place = (at.as_nanos() / bucket.as_nanos()) as usize;
        if result.attempts.len() <= place {
            result.attempts.resize(place + 1, 0);
            result.admitted.resize(place + 1, 0);
        }
        result.attempts[place] += 1;
        if result.admitted[place] < capacity {
            result.admitted[place] += 1;
        } else if tries < TRIES_MAX {
            // Never at the same moment again, or a bucket would never end.
            let wait = backoff.wait(tries + 1, rng).max(Duration::from_nanos(1));
            pending.insert((at + wait, client), tries + 1);
        } else {
            result.given_up += 1;
        }
    }
    result
}
