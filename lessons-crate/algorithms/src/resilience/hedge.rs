//! A second request when the first is late.

/// A request is sent once more, to another copy, when there is no answer after a while; the first answer counts.
///
/// With latencies that are independent of each other, the tail shrinks to a product: after the delay both must be slow.
/// The price is one more request for the share that is late, so with a delay at the 95th percentile it is 5%. Two
/// things break that: when copies are slow *together* the second request meets the same line, and when they are slow
/// because they are full, it makes them fuller. So hedge with a delay, never at once, and under a
/// [`RetryBudget`](super::RetryBudget).
///
/// # Sources
///
/// J. Dean, L. A. Barroso, "The Tail at Scale", CACM 56(2), 2013.
///
/// # Examples
///
/// ```
/// use lessons::resilience::Hedge;
///
/// let hedge = Hedge { delay: 10.0 };
/// assert_eq!(hedge.send(4.0, 5.0).latency, 4.0);
/// let late = hedge.send(200.0, 5.0);
/// assert_eq!((late.latency, late.requests), (15.0, 2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hedge {
    /// How long the first request is waited for, in the unit of the latencies; infinite for no hedging.
    pub delay: f64,
}

/// What came of one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hedged {
    /// Until the first answer.
    pub latency: f64,
    /// How many were sent.
    pub requests: u32,
}

impl Hedge {
    /// One request, when the first would take `first` and the second, if it is sent, `second`.
    pub fn send(self, first: f64, second: f64) -> Hedged {
        if first <= self.delay {
            return Hedged { latency: first, requests: 1 };
        }
        Hedged { latency: first.min(self.delay + second), requests: 2 }
    }

    /// The share of requests that take longer than `time`, when a share `slower(t)` of single requests takes longer than
    /// t and the two are independent.
    pub fn exceeds(self, time: f64, slower: impl Fn(f64) -> f64) -> f64 {
        if time < self.delay { slower(time) } else { slower(time) * slower(time - self.delay) }
    }

    /// How many requests are sent for one, in the mean.
    pub fn requests_per_request(self, slower: impl Fn(f64) -> f64) -> f64 {
        1.0 + slower(self.delay)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rng::Rng;
    use crate::stats::mean;

    /// 2% of the requests take 200 ms in the mean, the others 5.
    fn slower(time: f64) -> f64 {
        0.98 * (-time / 5.0).exp() + 0.02 * (-time / 200.0).exp()
    }

    fn draw(rng: &mut Rng) -> f64 {
        let mean = if rng.chance(0.02) { 200.0 } else { 5.0 };
        rng.exponential(mean)
    }

    #[test]
    fn measured_it_is_what_theory_says() {
        let mut rng = Rng::new(1);
        for delay in [0.0, 5.0, 20.0, f64::INFINITY] {
            let hedge = Hedge { delay };
            let sent: Vec<Hedged> =
                (0..200_000).map(|_| hedge.send(draw(&mut rng), draw(&mut rng))).collect();
            for time in [2.0, 10.0, 30.0, 100.0] {
                let measured = sent.iter().filter(|hedged| hedged.latency > time).count() as f64 / 200_000.0;
                let theory = hedge.exceeds(time, slower);
                // Five standard deviations of a share.
                let noise = 5.0 * (theory * (1.0 - theory) / 200_000.0).sqrt();
                assert!((measured - theory).abs() <= noise, "{measured} for {theory}: {delay} at {time}");
            }
            let requests = mean(&sent.iter().map(|hedged| f64::from(hedged.requests)).collect::<Vec<_>>());
            assert!((requests - hedge.requests_per_request(slower)).abs() < 0.005, "{requests} at {delay}");
        }
    }

    #[test]
    fn a_late_second_request_cuts_the_tail_for_a_few_percent_more() {
        let (alone, hedge) = (Hedge { delay: f64::INFINITY }, Hedge { delay: 20.0 });
        let p999 = |hedge: Hedge| {
            (0..).map(f64::from).find(|&time| hedge.exceeds(time, slower) <= 0.001).expect("it falls to zero")
        };
        let extra = hedge.requests_per_request(slower) - 1.0;
        assert!(
            p999(alone) > 590.0 && p999(hedge) < 45.0 && extra < 0.04,
            "{} {} {extra}",
            p999(alone),
            p999(hedge)
        );
    }

    #[test]
    fn when_both_copies_are_slow_together_it_only_costs() {
        let mut rng = Rng::new(2);
        let hedge = Hedge { delay: 20.0 };
        for _ in 0..1_000 {
            let latency = draw(&mut rng);
            assert_eq!(hedge.send(latency, latency).latency, latency);
        }
    }

    proptest! {
        #[test]
        fn never_later_than_the_first_nor_than_the_second(first in 0.0..1e3f64, second in 0.0..1e3f64, delay in 0.0..1e3f64) {
            let hedged = Hedge { delay }.send(first, second);
            prop_assert!(hedged.latency <= first);
            prop_assert!(hedged.requests == 1 || hedged.latency <= delay + second);
        }
    }
}
