//! A name has addresses of two families, and one of them may lead nowhere: try them one after the other, but soon.
//!
//! Without it, a client whose IPv6 is broken waits for a whole timeout of TCP at each first connection: seconds to minutes.
//!
//! # Sources
//!
//! D. Schinazi, T. Pauly, "Happy Eyeballs Version 2: Better Connectivity Using Concurrency", RFC 8305, 2017.

use std::net::IpAddr;
use std::time::Duration;

/// The time between two attempts, unless there is a reason for another (RFC 8305, section 5).
pub const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// The order in which to try addresses: the families take turns, the one of the first address first; within a family the
/// order stays. O(n).
///
/// # Examples
///
/// ```
/// use std::net::IpAddr;
///
/// use lessons::proxy::happy_eyeballs::interleave;
///
/// let ip = |text: &str| text.parse::<IpAddr>().unwrap();
/// let sorted = interleave(&[ip("::1"), ip("::2"), ip("::3"), ip("192.0.2.1")]);
/// assert_eq!(sorted, [ip("::1"), ip("192.0.2.1"), ip("::2"), ip("::3")]);
/// ```
pub fn interleave(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let first_is_v6 = addresses.first().is_some_and(IpAddr::is_ipv6);
    let (first, second): (Vec<IpAddr>, Vec<IpAddr>) =
        addresses.iter().copied().partition(|address| address.is_ipv6() == first_is_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut sorted = Vec::with_capacity(addresses.len());
    loop {
        let length = sorted.len();
        sorted.extend(first.next());
        sorted.extend(second.next());
        if sorted.len() == length {
            return sorted;
        }
    }
}

/// What happens to an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It is connected after this time.
    Connects(Duration),
    /// It is refused after this time.
    Fails(Duration),
    /// Nothing ever comes back.
    Silent,
}

/// The end of a race.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Race {
    /// Which attempt won, by its place, and when.
    pub winner: Option<(usize, Duration)>,
    /// When each attempt began; those that were never begun are not there.
    pub started: Vec<Duration>,
}

/// Runs the attempts in order: the next begins when the one before has failed, or after `delay`, whichever is first; the
/// first that is connected wins, and the others are given up. Without a winner, it ends when all have failed, or never.
///
/// # Complexity
///
/// O(n).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::proxy::happy_eyeballs::{ATTEMPT_DELAY, Attempt, race};
///
/// let ms = Duration::from_millis;
/// // IPv6 leads nowhere: it costs 250 ms, not a timeout.
/// let result = race(&[Attempt::Silent, Attempt::Connects(ms(30))], ATTEMPT_DELAY);
/// assert_eq!(result.winner, Some((1, ms(280))));
/// // IPv6 works: IPv4 is not even tried.
/// assert_eq!(race(&[Attempt::Connects(ms(40)), Attempt::Connects(ms(30))], ATTEMPT_DELAY).started, [ms(0)]);
/// ```
pub fn race(attempts: &[Attempt], delay: Duration) -> Race {
    let (mut started, mut winner): (Vec<Duration>, Option<(usize, Duration)>) = (Vec::new(), None);
    let mut next = Duration::ZERO;
    for (place, attempt) in attempts.iter().enumerate() {
        // Somebody is connected before this one would begin.
        if winner.is_some_and(|(_, at)| at <= next) {
            break;
        }
        let start = next;
        started.push(start);
        next = start + delay;
        match *attempt {
            Attempt::Connects(after) => {
                let at = start + after;
                if winner.is_none_or(|(_, best)| at < best) {
                    winner = Some((place, at));
                }
            }
            Attempt::Fails(after) => next = next.min(start + after),
            Attempt::Silent => {}
        }
    }
    Race { winner, started }
}
