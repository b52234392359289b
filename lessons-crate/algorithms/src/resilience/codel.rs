//! Requests that waited too long, turned away by how long everyone waits.

use std::time::Duration;

/// A line that is only ever emptied too slowly, told from one that a burst made: CoDel, "controlled delay".
///
/// It looks at each request that comes to the head of the line, and at nothing but how long it waited. A burst is
/// left alone: its line shrinks by itself, and sooner or later somebody has waited less than `target`. When for a
/// whole `interval` nobody has, the line is a standing one; then requests are turned away, the second one an
/// `interval` after the first, the third `interval` / √2 after that, the next `interval` / √3, until a wait is short
/// again. O(1).
///
/// # Sources
///
/// K. Nichols, V. Jacobson, "Controlling Queue Delay", ACM Queue 10(5), 2012; the same and A. McGregor, J. Iyengar,
/// RFC 8289, 2018. For requests in place of packets: B. Maurer, "Fail at Scale", ACM Queue 13(8), 2015.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::resilience::CoDel;
///
/// let ms = Duration::from_millis;
/// let mut line = CoDel::new(ms(5), ms(100));
/// // Everyone waits 20 ms, which is above the target. It is borne for 100 ms.
/// let away: Vec<u64> = (0..300).filter(|&now| line.turns_away(ms(now), ms(20))).collect();
/// assert_eq!(away, [100, 200, 271]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoDel {
    target: Duration,
    interval: Duration,
    /// When it will have been too long for an interval, if it is now.
    above_until: Option<Duration>,
    /// Whether it turns requests away.
    dropping: bool,
    next: Duration,
    /// How many it has turned away since it began to, and how many of them the time before.
    count: u32,
    last_count: u32,
}

impl CoDel {
    /// One that bears waits above `target` for an `interval`. RFC 8289 recommends 5 and 100 ms for packets: the
    /// interval should be about the time in which clients react.
    ///
    /// # Panics
    ///
    /// When either is zero.
    pub fn new(target: Duration, interval: Duration) -> Self {
        assert!(!target.is_zero() && !interval.is_zero(), "a target and an interval are above zero");
        Self {
            target,
            interval,
            above_until: None,
            dropping: false,
            next: Duration::ZERO,
            count: 0,
            last_count: 0,
        }
    }

    /// Whether the request at the head of the line, which has waited so long, is to be turned away now. Ask for each
    /// that leaves the line, the next one as well after one was turned away. Times never go back.
    pub fn turns_away(&mut self, now: Duration, waited: Duration) -> bool {
        let standing = self.is_standing(now, waited);
        if self.dropping && standing {
            if now < self.next {
                return false;
            }
            self.count += 1;
            self.next += self.gap();
            return true;
        }
        self.dropping = standing;
        if standing {
            // Soon after the last time it goes on at the rate that was right then.
            let before = self.count - self.last_count;
            let is_soon = now.saturating_sub(self.next) < 16 * self.interval;
            self.count = if before > 1 && is_soon { before } else { 1 };
            self.last_count = self.count;
            self.next = now + self.gap();
        }
        standing
    }

    fn is_standing(&mut self, now: Duration, waited: Duration) -> bool {
        if waited < self.target {
            self.above_until = None;
            return false;
        }
        now >= *self.above_until.get_or_insert(now + self.interval)
    }

    /// The rate at which TCP reacts to losses goes with the square root of their share.
    fn gap(&self) -> Duration {
        self.interval.div_f64(f64::from(self.count).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    const TARGET: Duration = Duration::from_millis(5);
    const INTERVAL: Duration = Duration::from_millis(100);

    /// The gaps are interval / √n, so n requests take 2 √n intervals: in time t it turns (t / 2 intervals)² away.
    #[test]
    fn the_rate_grows_with_time_as_the_control_law_says() {
        let mut line = CoDel::new(TARGET, INTERVAL);
        let steps = 100_000u32;
        let away =
            (0..steps).filter(|&step| line.turns_away(Duration::from_micros(100) * step, 4 * TARGET)).count();
        let intervals = 0.0001 * f64::from(steps) / INTERVAL.as_secs_f64() - 1.0;
        let theory = (intervals / 2.0).powi(2);
        assert!((away as f64 / theory - 1.0).abs() < 0.03, "{away} for {theory}");
    }

    /// A server that needs 1 ms for each request; what comes in each millisecond is given.
    fn waits(arrivals: impl Fn(u32) -> u32, until: u32, mut line: Option<CoDel>) -> (Vec<Duration>, u32) {
        let (mut waiting, mut waits, mut away) = (VecDeque::new(), Vec::new(), 0);
        for ms in 0..until {
            let now = Duration::from_millis(u64::from(ms));
            waiting.extend((0..arrivals(ms)).map(|_| now));
            while let Some(came) = waiting.pop_front() {
                if line.as_mut().is_some_and(|line| line.turns_away(now, now - came)) {
                    away += 1;
                    continue;
                }
                waits.push(now - came);
                break;
            }
        }
        (waits, away)
    }

    #[test]
    fn a_burst_is_borne_and_a_standing_line_is_not() {
        // 90 requests at once are gone after 90 ms: nobody is turned away.
        let burst = |ms| if ms % 500 == 0 { 90 } else { 0 };
        assert_eq!(waits(burst, 5_000, Some(CoDel::new(TARGET, INTERVAL))).1, 0);
        // After 300 at once, one for each that is served: the line would never get shorter.
        let standing = |ms| if ms == 0 { 300 } else { 1 };
        let at_the_end = |line| {
            let (waits, away) = waits(standing, 10_000, line);
            (*waits.last().expect("requests are served"), away)
        };
        assert_eq!(at_the_end(None), (Duration::from_millis(299), 0));
        let (wait, away) = at_the_end(Some(CoDel::new(TARGET, INTERVAL)));
        assert!(wait <= TARGET && (295..=310).contains(&away), "{wait:?}, {away}");
    }

    proptest! {
        /// As long as in every interval somebody waits less than the target, nobody is turned away.
        #[test]
        fn who_waits_briefly_now_and_then_loses_nothing(waits in prop::collection::vec(0u64..500, 1..200)) {
            let mut line = CoDel::new(TARGET, INTERVAL);
            for (turn, wait) in waits.into_iter().enumerate() {
                // Every tenth of 9 ms is a short one.
                let wait = Duration::from_millis(if turn % 10 == 0 { 0 } else { wait });
                prop_assert!(!line.turns_away(Duration::from_millis(9) * turn as u32, wait));
            }
        }

        /// Turning away ends with the first short wait.
        #[test]
        fn a_short_wait_ends_it(turns in 1u32..2_000) {
            let mut line = CoDel::new(TARGET, INTERVAL);
            for turn in 0..turns {
                line.turns_away(Duration::from_millis(1) * turn, INTERVAL);
            }
            let now = Duration::from_millis(1) * turns;
            prop_assert!(!line.turns_away(now, Duration::ZERO));
            prop_assert!(!line.turns_away(now + INTERVAL / 2, INTERVAL));
        }
    }
}
