//! Until when an answer is of use.

use std::time::Duration;

/// The moment at which whoever asked gives up. It travels with the request, so that nobody along the way works on an
/// answer that will not be read. O(1).
///
/// It is sent as the time that is *left*, not as a moment: clocks of two machines differ, and the way there takes time.
/// What a timeout at each hop does without it is told in [`RetryStorm`](super::RetryStorm), which can be run both ways.
///
/// # Sources
///
/// B. Beyer et al., "Site Reliability Engineering", O'Reilly, 2016, chapter 22 ("deadline propagation"). In gRPC it is
/// the header `grpc-timeout`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::resilience::Deadline;
///
/// let ms = Duration::from_millis;
/// let deadline = Deadline::after(ms(1_000), ms(300));
/// assert_eq!(deadline.left(ms(1_200)), Some(ms(100)));
/// // The service keeps 20 ms for its own work after the answer: the store gets 80.
/// assert_eq!(deadline.for_call(ms(1_200), ms(20)), Some(ms(80)));
/// assert!(deadline.left(ms(1_300)).is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline {
    at: Duration,
}

impl Deadline {
    /// One that is so long after now. The server computes it when the request comes in, from the time that was left.
    pub fn after(now: Duration, left: Duration) -> Self {
        Self { at: now.saturating_add(left) }
    }

    /// What is left; `None` when it has passed: then stop.
    pub fn left(self, now: Duration) -> Option<Duration> {
        self.at.checked_sub(now).filter(|left| !left.is_zero())
    }

    /// What a call may take if `reserve` is to be left after it; `None` when there is no point in making it.
    pub fn for_call(self, now: Duration, reserve: Duration) -> Option<Duration> {
        self.left(now)?.checked_sub(reserve).filter(|left| !left.is_zero())
    }

    /// Whether work that takes so long would be done in time. To begin what cannot be finished is the most expensive
    /// way to fail.
    pub fn allows(self, now: Duration, work: Duration) -> bool {
        now.saturating_add(work) <= self.at
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Along a chain of calls each hop gets less than the one before, and all together no more than there was.
        #[test]
        fn nobody_down_the_chain_has_longer_than_who_asked(
            total in 1u64..1_000, hops in prop::collection::vec((0u64..100, 0u64..50), 1..10),
        ) {
            let ms = Duration::from_millis;
            let (mut now, mut deadline) = (ms(0), Deadline::after(ms(0), ms(total)));
            for (travel, reserve) in hops {
                let Some(left) = deadline.for_call(now, ms(reserve)) else { break };
                prop_assert!(left + ms(reserve) <= ms(total) - now);
                // The clock of the next machine shows another time; only what is left was sent.
                now += ms(travel);
                // Who learns the time that was left when it was sent still ends in time, less what the way took.
                let Some(left) = left.checked_sub(ms(travel)) else { break };
                let next = Deadline::after(now, left);
                prop_assert!(next <= deadline);
                deadline = next;
            }
        }

        #[test]
        fn allowed_is_what_fits(at in 0u64..1_000, now in 0u64..1_000, work in 1u64..1_000) {
            let ms = Duration::from_millis;
            let deadline = Deadline::after(ms(0), ms(at));
            prop_assert_eq!(deadline.allows(ms(now), ms(work)), now + work <= at);
            prop_assert_eq!(deadline.left(ms(now)).is_some(), now < at);
        }
    }
}
