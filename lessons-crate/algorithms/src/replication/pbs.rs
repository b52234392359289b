//! How old is what a partial quorum reads? Probabilistically bounded staleness.

use std::fmt;
use std::sync::Arc;

use super::quorum::miss_probability;
use crate::dist::Distribution;
use crate::interrupt;
use crate::rng::Rng;
use crate::stats::quantile;

/// The delays of one message each, independent of each other: the WARS model.
#[derive(Clone)]
pub struct Delays {
    /// A write on its way to a replica (W).
    pub write: Arc<dyn Distribution + Send + Sync>,
    /// Its acknowledgment (A).
    pub ack: Arc<dyn Distribution + Send + Sync>,
    /// A read on its way to a replica (R).
    pub read: Arc<dyn Distribution + Send + Sync>,
    /// Its answer (S).
    pub answer: Arc<dyn Distribution + Send + Sync>,
}

impl Delays {
    /// All four from one distribution.
    pub fn all(delay: impl Distribution + Send + Sync + 'static) -> Self {
        let delay: Arc<dyn Distribution + Send + Sync> = Arc::new(delay);
        Self { write: Arc::clone(&delay), ack: Arc::clone(&delay), read: Arc::clone(&delay), answer: delay }
    }

    /// Writes from the first distribution (a disk is behind them), all else from the second.
    pub fn slow_writes(
        write: impl Distribution + Send + Sync + 'static,
        other: impl Distribution + Send + Sync + 'static,
    ) -> Self {
        Self { write: Arc::new(write), ..Self::all(other) }
    }
}

impl fmt::Debug for Delays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [write, ack, read, answer] = [&self.write, &self.ack, &self.read, &self.answer].map(|d| d.mean());
        write!(f, "Delays {{ mean write: {write}, ack: {ack}, read: {read}, answer: {answer} }}")
    }
}

/// What a simulation of a quorum's reads after writes found.
#[derive(Clone, Debug, PartialEq)]
pub struct Staleness {
    /// For each trial: how long after the acknowledgment a read must begin to see the write. Ascending; 0 or
    /// less when any read does.
    ages: Vec<f64>,
    reads: Vec<f64>,
    writes: Vec<f64>,
}

impl Staleness {
    /// The probability that a read that begins this long after the acknowledgment of the last write misses it.
    pub fn stale_at(&self, after: f64) -> f64 {
        let seen = self.ages.partition_point(|&age| age <= after);
        1.0 - seen as f64 / self.ages.len() as f64
    }

    /// After how long reads see the write with this probability: 0 when they do at once.
    pub fn consistent_after(&self, probability: f64) -> f64 {
        crate::stats::quantile_of_sorted(&self.ages, probability).max(0.0)
    }

    /// The quantile of the time a read takes.
    pub fn read_latency(&self, q: f64) -> f64 {
        quantile(&self.reads, q)
    }

    /// The quantile of the time a write takes.
    pub fn write_latency(&self, q: f64) -> f64 {
        quantile(&self.writes, q)
    }
}

/// Simulates writes of one register followed by reads, with N replicas of which a read waits for R and a
/// write for W; nothing is repaired. O(trials · N log N).
///
/// # Panics
///
/// When R or W is not from 1 to N, or there are no trials.
///
/// # Sources
///
/// P. Bailis, S. Venkataraman, M. J. Franklin, J. M. Hellerstein, I. Stoica, "Probabilistically Bounded
/// Staleness for Practical Partial Quorums", PVLDB 5(8), 2012, doi:10.14778/2212351.2212359.
///
/// # Examples
///
/// ```
/// use lessons::dist::Exponential;
/// use lessons::replication::pbs::{Delays, simulate};
/// use lessons::rng::Rng;
///
/// let partial = simulate(3, 1, 1, &Delays::all(Exponential(5.0)), 20_000, &mut Rng::new(35));
/// assert!(partial.stale_at(0.0) > 0.2 && partial.stale_at(50.0) < 0.01);
/// let strict = simulate(3, 2, 2, &Delays::all(Exponential(5.0)), 20_000, &mut Rng::new(35));
/// assert_eq!(strict.stale_at(0.0), 0.0);
/// ```
pub fn simulate(n: usize, r: usize, w: usize, delays: &Delays, trials: usize, rng: &mut Rng) -> Staleness {
    assert!((1..=n).contains(&r) && (1..=n).contains(&w), "R = {r} and W = {w} must be from 1 to N = {n}");
    assert!(trials > 0, "at least one trial");
    let (mut ages, mut reads, mut writes) = (Vec::new(), Vec::new(), Vec::new());
    let mut acks = vec![0.0; n];
    for trial in 0..trials {
        if trial.is_multiple_of(1024) {
            interrupt::checkpoint();
        }
        let arrives: Vec<f64> = (0..n).map(|_| delays.write.sample(rng)).collect();
        for (ack, arrives) in acks.iter_mut().zip(&arrives) {
            *ack = arrives + delays.ack.sample(rng);
        }
        acks.sort_unstable_by(f64::total_cmp);
        let acknowledged = acks[w - 1];
        // Of each replica: when its answer is there, and how long after the acknowledgment a read must begin
        // to meet the write there.
        let mut answers: Vec<(f64, f64)> = arrives
            .iter()
            .map(|arrives| {
                let read = delays.read.sample(rng);
                (read + delays.answer.sample(rng), arrives - acknowledged - read)
            })
            .collect();
        // Random among equals: with equal delays, any R replicas are the first.
        rng.shuffle(&mut answers);
        answers.sort_by(|a, b| a.0.total_cmp(&b.0));
        ages.push(answers[..r].iter().map(|answer| answer.1).fold(f64::INFINITY, f64::min));
        reads.push(answers[r - 1].0);
        writes.push(acknowledged);
    }
    ages.sort_unstable_by(f64::total_cmp);
    Staleness { ages, reads, writes }
}

/// The probability of a stale read when writes spread with independent exponential delays of this mean and
/// all other messages take no time: C(N - W, R) / C(N, R) · e^(-R t / mean), with `after` as t.
///
/// When the write is acknowledged, N - W replicas do not have it; each then gets it after another exponential
/// delay, so that R given ones of them all still lack it at t with probability e^(-R t / mean).
///
/// # Panics
///
/// When R is greater than N.
pub fn stale_probability(n: usize, r: usize, w: usize, after: f64, mean: f64) -> f64 {
    miss_probability(n, r, w) * (-(r as f64) * after.max(0.0) / mean).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::{Constant, Exponential};
    use crate::stats::proportion_error;

    #[test]
    fn the_simulation_meets_the_closed_form() {
        let delays = Delays::slow_writes(Exponential(10.0), Constant(0.0));
        let trials = 60_000;
        for (n, r, w) in [(3, 1, 1), (3, 2, 1), (3, 1, 2), (5, 2, 2), (5, 1, 4), (3, 2, 2)] {
            let found = simulate(n, r, w, &delays, trials, &mut Rng::new(73));
            for after in [0.0, 2.0, 10.0, 30.0] {
                let theory = stale_probability(n, r, w, after, 10.0);
                let allowed = 4.0 * proportion_error(theory, trials as u64);
                let measured = found.stale_at(after);
                assert!((measured - theory).abs() <= allowed, "{n} {r} {w} {after}: {measured} {theory}");
            }
        }
    }

    #[test]
    fn latencies_are_the_order_statistics_of_the_delays() {
        let delays = Delays {
            write: Arc::new(Exponential(1.0)),
            ack: Arc::new(Constant(0.0)),
            read: Arc::new(Constant(0.0)),
            answer: Arc::new(Exponential(1.0)),
        };
        let trials = 60_000;
        for quorum in 1..=3 {
            let found = simulate(3, quorum, quorum, &delays, trials, &mut Rng::new(75));
            let theory = crate::replication::quorum::mean_wait(3, quorum, 1.0);
            for times in [&found.reads, &found.writes] {
                // The standard deviation of the slowest of three is 1.17, the others' is less.
                let allowed = 4.0 * 1.17 / (trials as f64).sqrt();
                assert!((crate::stats::mean(times) - theory).abs() < allowed, "{quorum}");
            }
        }
    }

    #[test]
    fn waiting_for_more_is_fresher_and_slower() {
        let delays = Delays::all(Exponential(5.0));
        let run = |r, w| simulate(5, r, w, &delays, 20_000, &mut Rng::new(74));
        let (one, two, all) = (run(1, 1), run(2, 2), run(5, 5));
        assert!(one.stale_at(0.0) > two.stale_at(0.0) && two.stale_at(0.0) > all.stale_at(0.0));
        assert_eq!(all.stale_at(0.0), 0.0);
        assert!(
            one.read_latency(0.5) < two.read_latency(0.5) && two.read_latency(0.5) < all.read_latency(0.5)
        );
        assert!(one.write_latency(0.99) < all.write_latency(0.99));
        assert!(one.consistent_after(0.99) > two.consistent_after(0.99));
        assert_eq!(all.consistent_after(0.999), 0.0);
    }
}
