//! Which requests to turn away when there are too many.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::interrupt;
use crate::rng::Rng;

/// How much a request matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Can be done later: analytics, prefetching, a list of recommendations.
    Low,
    /// Cannot: a payment.
    High,
}

/// Keeps a part of the places free for what matters: low priority is let in only while fewer than
/// `places - reserved` are taken. O(1).
///
/// # Sources
///
/// P. Tarjan, "Scaling your API with rate limiters", Stripe blog, 2017 (its "fleet usage load shedder" keeps 20% of
/// the workers for critical requests). In telephony the same rule is called trunk reservation.
///
/// # Examples
///
/// ```
/// use lessons::gateway::{Priority, Shedder};
///
/// let mut shedder = Shedder::new(3, 1);
/// assert!(shedder.try_enter(Priority::Low) && shedder.try_enter(Priority::Low));
/// assert!(!shedder.try_enter(Priority::Low));
/// assert!(shedder.try_enter(Priority::High));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shedder {
    places: usize,
    reserved: usize,
    taken: usize,
}

impl Shedder {
    /// So many places, of which so many are for high priority only.
    ///
    /// # Panics
    ///
    /// When more are reserved than there are.
    pub fn new(places: usize, reserved: usize) -> Self {
        assert!(reserved <= places, "{reserved} of {places} places cannot be reserved");
        Self { places, reserved, taken: 0 }
    }

    /// Takes a place, if this priority may.
    pub fn try_enter(&mut self, priority: Priority) -> bool {
        let room = match priority {
            Priority::High => self.places,
            Priority::Low => self.places - self.reserved,
        };
        let enters = self.taken < room;
        self.taken += usize::from(enters);
        enters
    }

    /// Gives a place back.
    ///
    /// # Panics
    ///
    /// When none is taken.
    pub fn leave(&mut self) {
        assert!(self.taken > 0, "nobody is inside");
        self.taken -= 1;
    }
}

/// The share of the requests of low and of high priority that are turned away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shed {
    /// Of low priority.
    pub low: f64,
    /// Of high priority.
    pub high: f64,
}

/// Sends requests of both priorities to a server with these places, and counts who is turned away. Loads are in
/// Erlang: arrivals per mean time of service, so a load of `places` is all that it can do. Arrivals are Poisson,
/// times of service exponential, and there is no line. O(requests · log places).
pub fn shed(mut shedder: Shedder, low_load: f64, high_load: f64, requests: usize, rng: &mut Rng) -> Shed {
    let load = low_load + high_load;
    let (mut now, mut ends) = (0.0f64, BinaryHeap::<Reverse<u64>>::new());
    // By priority: came, was turned away.
    let mut counts = [[0u32; 2]; 2];
    for _ in 0..requests {
        interrupt::checkpoint();
        now += rng.exponential(1.0 / load);
        // Times above zero are ordered as their bits are.
        while ends.peek().is_some_and(|Reverse(end)| f64::from_bits(*end) <= now) {
            ends.pop();
            shedder.leave();
        }
        let priority = if rng.chance(high_load / load) { Priority::High } else { Priority::Low };
        let service = rng.exponential(1.0);
        counts[priority as usize][0] += 1;
        if shedder.try_enter(priority) {
            ends.push(Reverse((now + service).to_bits()));
        } else {
            counts[priority as usize][1] += 1;
        }
    }
    let [low, high] = counts.map(|[came, turned_away]| f64::from(turned_away) / f64::from(came.max(1)));
    Shed { low, high }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalability::erlang_b;

    #[test]
    fn without_a_reserve_both_lose_what_erlang_says() {
        for load in [8.0, 10.0, 20.0] {
            let result = shed(Shedder::new(10, 0), 0.7 * load, 0.3 * load, 200_000, &mut Rng::new(1));
            let theory = erlang_b(10, load);
            for share in [result.low, result.high] {
                assert!((share - theory).abs() < 0.008, "{share} for {theory}");
            }
        }
    }

    #[test]
    fn with_a_reserve_high_priority_loses_next_to_nothing_until_it_alone_is_too_much() {
        let result = |high: f64| shed(Shedder::new(100, 20), 150.0, high, 200_000, &mut Rng::new(2));
        let one = result(30.0);
        assert!(one.high < 1e-3 && one.low > 0.5, "{one:?}");
        // Alone it would lose as Erlang says; those of low priority inside add little.
        let much = result(150.0);
        assert!((much.high - erlang_b(100, 150.0)).abs() < 0.01 && much.low > 0.95, "{much:?}");
    }

    #[test]
    #[should_panic(expected = "nobody is inside")]
    fn nobody_leaves_twice() {
        Shedder::new(1, 0).leave();
    }
}
