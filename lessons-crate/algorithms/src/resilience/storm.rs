//! A short overload, and what retries make of it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use super::{Backoff, RetryBudget};
use crate::interrupt;
use crate::rng::Rng;

/// What clients do with a request that failed.
#[derive(Clone, Debug)]
pub enum RetryPolicy {
    /// They give up.
    GiveUp,
    /// They try again, up to so many attempts in all.
    Retry {
        /// Attempts, the first one among them.
        attempts: u32,
        /// How long they wait before each.
        backoff: Backoff,
        /// How many retries all of them together may make.
        budget: Option<RetryBudget>,
    },
}

/// One server with a line of requests, which loses a part of its capacity for a while.
///
/// Requests of independent clients arrive at a steady rate (a Poisson process). The server works on one after the
/// other. A client waits for its answer until its time is out, and then tries again, or not; the server does not
/// know that it has gone, and does the work anyway. That is what keeps an overload alive after its cause is gone:
/// the server is busy with answers that nobody waits for (a *metastable* failure).
///
/// # Sources
///
/// N. Bronson, A. Aghayev, A. Charapko, T. Zhu, "Metastable Failures in Distributed Systems", HotOS 2021; L. Huang et
/// al., "Metastable Failures in the Wild", OSDI 2022.
#[derive(Clone, Debug)]
pub struct RetryStorm {
    /// New requests per second.
    pub requests_per_second: f64,
    /// What the server can do per second when it is well.
    pub capacity_per_second: f64,
    /// The share of the capacity that is lost (0 to 1), and from when to when.
    pub loss: (f64, Duration, Duration),
    /// How long a client waits for an answer.
    pub patience: Duration,
    /// How many requests may stand in line; others fail at once.
    pub line: usize,
    /// Whether attempts carry their deadline: then the server does not begin what it cannot finish in time. Those stand
    /// in line for nothing, but take no work.
    pub deadlines: bool,
    /// How long the whole of it takes.
    pub time: Duration,
    /// For the random numbers.
    pub seed: u64,
}

impl Default for RetryStorm {
    /// 800 requests per second for a server that can do 1,000, but 300 fewer from second 5 to second 10.
    fn default() -> Self {
        Self {
            requests_per_second: 800.0,
            capacity_per_second: 1_000.0,
            loss: (0.3, Duration::from_secs(5), Duration::from_secs(10)),
            patience: Duration::from_millis(300),
            line: 2_000,
            deadlines: false,
            time: Duration::from_secs(30),
            seed: 35,
        }
    }
}

/// What came of it, by tenths of a second.
#[derive(Clone, Debug)]
pub struct StormResult {
    /// Attempts that reached the server, per second.
    pub offered: Vec<(f64, f64)>,
    /// Requests answered in time, per second.
    pub answered: Vec<(f64, f64)>,
    /// Attempts per request.
    pub attempts_per_request: f64,
}

impl StormResult {
    /// The mean of the answers per second, from one second to another.
    pub fn answered_between(&self, from: f64, to: f64) -> f64 {
        Self::mean_between(&self.answered, from, to)
    }

    /// The mean of the attempts per second, from one second to another.
    pub fn offered_between(&self, from: f64, to: f64) -> f64 {
        Self::mean_between(&self.offered, from, to)
    }

    fn mean_between(curve: &[(f64, f64)], from: f64, to: f64) -> f64 {
        let inside: Vec<f64> =
            curve.iter().filter(|(at, _)| (from..to).contains(at)).map(|&(_, value)| value).collect();
        crate::stats::mean(&inside)
    }
}

/// Times are in nanoseconds.
const SECOND: f64 = 1e9;
/// The bins of the curves, in nanoseconds.
const BIN: u64 = 100_000_000;

/// An attempt that will reach the server: when, in which order, and the how-manieth of its request.
type Attempt = Reverse<(u64, u64, u32)>;

impl RetryStorm {
    /// Runs it once. O(attempts · log attempts).
    ///
    /// # Panics
    ///
    /// When a rate is not above 0, or the loss is not from 0 to below 1.
    pub fn run(&self, policy: &RetryPolicy) -> StormResult {
        assert!(self.requests_per_second > 0.0 && self.capacity_per_second > 0.0, "rates are above 0");
        assert!((0.0..1.0).contains(&self.loss.0), "a server that lost everything never recovers here");
        let mut policy = policy.clone();
        let mut rng = Rng::new(self.seed);
        let (mut arrivals, mut waits) = (rng.split(), rng.split());
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let (end, patience) = (nanos(self.time), nanos(self.patience));
        let bins = end.div_ceil(BIN) as usize;
        let (mut offered, mut answered) = (vec![0u32; bins], vec![0u32; bins]);
        let (mut attempts_made, mut requests) = (0u64, 0u64);

        let mut next_request = (arrivals.exponential(SECOND / self.requests_per_second)) as u64;
        let mut retries: BinaryHeap<Attempt> = BinaryHeap::new();
        let mut order = 0;
        // When each attempt that is in line will be done: the server is free after the last.
        let mut in_line: VecDeque<u64> = VecDeque::new();
        loop {
            let from_retries = retries.peek().is_some_and(|Reverse((at, ..))| *at <= next_request);
            let (now, attempt) = if from_retries {
                let Some(Reverse((at, _, attempt))) = retries.pop() else { break };
                (at, attempt)
            } else {
                let at = next_request;
                next_request += arrivals.exponential(SECOND / self.requests_per_second) as u64 + 1;
                requests += u64::from(at < end);
                if let RetryPolicy::Retry { budget: Some(budget), .. } = &mut policy {
                    budget.request();
                }
                (at, 0)
            };
            if now >= end {
                break;
            }
            if attempts_made.is_multiple_of(1_024) {
                interrupt::checkpoint();
            }
            attempts_made += 1;
            offered[(now / BIN) as usize] += 1;
            while in_line.front().is_some_and(|done| *done <= now) {
                in_line.pop_front();
            }
            // When its client learns that it failed; none when it is answered in time.
            let fails_at = if in_line.len() >= self.line {
                Some(now)
            } else {
                let done = self.done(in_line.back().map_or(now, |last| (*last).max(now)));
                let in_time = done <= now + patience;
                if in_time || !self.deadlines {
                    in_line.push_back(done);
                }
                if in_time {
                    if done < end {
                        answered[(done / BIN) as usize] += 1;
                    }
                    None
                } else {
                    Some(now + patience)
                }
            };
            if let (Some(failed), RetryPolicy::Retry { attempts, backoff, budget }) = (fails_at, &mut policy)
                && attempt + 1 < *attempts
                && budget.as_mut().is_none_or(RetryBudget::try_retry)
            {
                order += 1;
                retries.push(Reverse((
                    failed + nanos(backoff.wait(attempt, &mut waits)),
                    order,
                    attempt + 1,
                )));
            }
        }
        let curve = |counts: Vec<u32>| {
            let per_second = SECOND / BIN as f64;
            let point = |(bin, count): (usize, u32)| (bin as f64 / per_second, f64::from(count) * per_second);
            counts.into_iter().enumerate().map(point).collect()
        };
        StormResult {
            offered: curve(offered),
            answered: curve(answered),
            attempts_per_request: attempts_made as f64 / requests.max(1) as f64,
        }
    }

    /// When the server has done one request that it begins at `start`.
    fn done(&self, start: u64) -> u64 {
        let (share, from, until) = self.loss;
        let is_lossy = (from.as_nanos()..until.as_nanos()).contains(&u128::from(start));
        let capacity = self.capacity_per_second * if is_lossy { 1.0 - share } else { 1.0 };
        start + (SECOND / capacity) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::super::Jitter;
    use super::*;

    fn retry(jitter: Jitter, budget: Option<RetryBudget>) -> RetryPolicy {
        let backoff = Backoff { base: Duration::from_millis(50), cap: Duration::from_secs(1), jitter };
        RetryPolicy::Retry { attempts: 4, backoff, budget }
    }

    /// Load offered at the end, and answers at the end, both as shares of what is asked for.
    fn at_the_end(policy: &RetryPolicy) -> (f64, f64) {
        let storm = RetryStorm::default();
        let result = storm.run(policy);
        let share = |per_second: f64| per_second / storm.requests_per_second;
        (share(result.offered_between(25.0, 30.0)), share(result.answered_between(25.0, 30.0)))
    }

    #[test]
    fn before_the_loss_everything_is_answered() {
        for policy in [RetryPolicy::GiveUp, retry(Jitter::None, None)] {
            let result = RetryStorm::default().run(&policy);
            for mean in [result.offered_between(1.0, 5.0), result.answered_between(1.0, 5.0)] {
                assert!((mean / 800.0 - 1.0).abs() < 0.05, "{mean}");
            }
        }
    }

    #[test]
    fn the_overload_outlives_its_cause_and_jitter_does_not_help() {
        for jitter in [Jitter::None, Jitter::Full] {
            let (offered, answered) = at_the_end(&retry(jitter, None));
            assert!(offered > 2.0 && answered < 0.05, "{jitter:?}: {offered}, {answered}");
        }
    }

    #[test]
    fn giving_up_or_a_budget_lets_the_server_recover() {
        for policy in [RetryPolicy::GiveUp, retry(Jitter::Full, Some(RetryBudget::new(0.1, 10)))] {
            let (offered, answered) = at_the_end(&policy);
            assert!((offered - 1.0).abs() < 0.05 && answered > 0.95, "{policy:?}: {offered}, {answered}");
        }
        let budget = RetryStorm::default().run(&retry(Jitter::Full, Some(RetryBudget::new(0.1, 10))));
        assert!(budget.attempts_per_request < 1.1, "{}", budget.attempts_per_request);
    }

    #[test]
    fn with_deadlines_no_work_is_lost_and_the_overload_ends_with_its_cause() {
        let storm = RetryStorm { deadlines: true, ..RetryStorm::default() };
        let result = storm.run(&retry(Jitter::None, None));
        // While it lasts, all that is left of the capacity is of use; afterwards everyone is answered.
        let (during, after) = (result.answered_between(6.0, 10.0), result.answered_between(12.0, 30.0));
        assert!((during / 700.0 - 1.0).abs() < 0.02, "{during}");
        assert!((after / 800.0 - 1.0).abs() < 0.02, "{after}");
    }

    #[test]
    fn a_short_line_is_a_second_remedy() {
        // 250 ms of work: whoever stands in it is answered in time.
        let storm = RetryStorm { line: 200, ..RetryStorm::default() };
        let result = storm.run(&retry(Jitter::Full, None));
        let answered = result.answered_between(25.0, 30.0);
        assert!(answered > 760.0, "{answered}");
    }
}
