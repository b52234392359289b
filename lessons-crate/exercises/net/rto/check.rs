//! Checks a retransmission timer.
//!
//! Each property is a few traces of samples and timeouts; after every step the timeout is compared with that of a
//! reference. When one fails, the reference is tried with each known flaw: the flaw that gives the learner's
//! timeouts at *every* step of *all* traces is the diagnosis.

use std::time::Duration;

use algorithms::interrupt::checkpoint;
use algorithms::rng::Rng;

use super::{EXERCISE, known};
use crate::{Checker, Failure, Known, Report};

/// A retransmission timer, as the exercise asks for it.
pub trait RtoExercise: 'static {
    /// One without a sample.
    fn new() -> Self
    where
        Self: Sized;
    /// A segment was acknowledged after this time; `retransmitted` when it had been sent more than once.
    fn on_sample(&mut self, round_trip: Duration, retransmitted: bool);
    /// The timer expired.
    fn on_timeout(&mut self);
    /// How long to wait now.
    fn rto(&self) -> Duration;
}

/// Checks a learner's retransmission timer.
pub fn rto<T: RtoExercise>() -> Report {
    check(|| Box::new(T::new()))
}

type Make = fn() -> Box<dyn RtoExercise>;

/// What happens to a timer.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A sample in milliseconds.
    Sample(u64),
    /// The same, of a segment that was sent twice.
    Repeated(u64),
    Timeout,
}
use Step::{Repeated, Sample, Timeout};

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Sample(ms) => write!(f, "on_sample({ms} ms, false)"),
            Repeated(ms) => write!(f, "on_sample({ms} ms, true)"),
            Timeout => write!(f, "on_timeout()"),
        }
    }
}

type Trace = Vec<Step>;
type Traces = fn() -> Vec<Trace>;

const PROPERTIES: [(&str, bool, Traces); 7] = [
    ("without a sample it is one second", true, || vec![vec![], vec![Timeout]]),
    ("the first sample R gives R + 4 · R/2", true, || {
        vec![vec![Sample(800)], vec![Sample(3_000)], vec![Sample(500)]]
    }),
    ("later samples move variation and mean", true, || {
        vec![
            vec![Sample(800), Sample(1_600)],
            vec![Sample(4_000), Sample(2_000), Sample(6_000), Sample(6_000)],
        ]
    }),
    ("a timeout doubles it, and a fresh sample sets it again", true, || {
        vec![
            vec![Sample(800), Sample(1_600), Timeout, Timeout, Sample(900)],
            vec![Timeout, Timeout, Sample(1_000)],
        ]
    }),
    ("a sample of a repeated segment changes nothing", false, || {
        vec![
            vec![Repeated(5), Sample(2_000)],
            vec![Sample(2_000), Repeated(5), Repeated(50_000)],
            vec![Sample(800), Timeout, Repeated(5), Timeout, Repeated(900), Sample(900)],
        ]
    }),
    ("it stays between 1 and 60 seconds", false, || {
        vec![
            vec![Sample(20); 60],
            [vec![Sample(20)], vec![Timeout; 9], vec![Sample(20)]].concat(),
            vec![Sample(30_000), Sample(90_000), Timeout, Sample(30_000)],
            vec![Sample(0), Sample(0), Timeout],
        ]
    }),
    ("500 random traces go as RFC 6298 says", false, random),
];

fn random() -> Vec<Trace> {
    let mut rng = Rng::new(6_298);
    let traces = (0..500).map(|_| {
        let usual = 1 + rng.below(3_000);
        let steps = (0..1 + rng.index(40)).map(|_| match rng.below(10) {
            0 => Timeout,
            1 => Repeated(rng.below(5_000)),
            _ => Sample(usual / 2 + rng.below(usual + 1)),
        });
        steps.collect()
    });
    traces.collect()
}

fn check(make: Make) -> Report {
    let checker = PROPERTIES.into_iter().fold(Checker::new(&EXERCISE), |checker, (name, visible, traces)| {
        let property = move || compare(make, &traces());
        if visible { checker.visible(name, property) } else { checker.hidden(name, property) }
    });
    checker.finish_with(move || explain(make))
}

/// What the timer answers at the beginning and after each step, in seconds.
fn answers(mut timer: Box<dyn RtoExercise>, trace: &[Step]) -> Vec<f64> {
    let mut all = vec![timer.rto().as_secs_f64()];
    for step in trace {
        match *step {
            Sample(ms) => timer.on_sample(Duration::from_millis(ms), false),
            Repeated(ms) => timer.on_sample(Duration::from_millis(ms), true),
            Timeout => timer.on_timeout(),
        }
        all.push(timer.rto().as_secs_f64());
    }
    all
}

fn same(one: f64, other: f64) -> bool {
    (one - other).abs() <= 10e-6
}

fn compare(make: Make, traces: &[Trace]) -> Result<(), Failure> {
    for trace in traces {
        checkpoint();
        let (right, found) = (answers(Box::new(Twin::new(None)), trace), answers(make(), trace));
        if let Some(at) = (0..right.len()).find(|at| !same(right[*at], found[*at])) {
            let steps: Vec<String> = trace[..at].iter().map(Step::to_string).collect();
            let input =
                if steps.is_empty() { "new".to_owned() } else { format!("new, {}", steps.join(", ")) };
            let shown = |seconds: f64| format!("an rto of {seconds:.6} s");
            return Err(Failure::new(shown(right[at]), shown(found[at])).input(input));
        }
    }
    Ok(())
}

/// The flaw that explains everything that was seen.
fn explain(make: Make) -> Option<Known> {
    let traces: Vec<Trace> = PROPERTIES.iter().flat_map(|(_, _, traces)| traces()).collect();
    let seen: Vec<Vec<f64>> = traces.iter().map(|trace| answers(make(), trace)).collect();
    FLAWS.into_iter().find_map(|(flaw, known)| {
        checkpoint();
        let fits = traces.iter().zip(&seen).all(|(trace, seen)| {
            let flawed = answers(Box::new(Twin::new(Some(flaw))), trace);
            flawed.iter().zip(seen).all(|(one, other)| same(*one, *other))
        });
        fits.then_some(known)
    })
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Flaw {
    MeanFirst,
    AmbiguousSamples,
    NoFloor,
    NoCeiling,
    GainsSwapped,
    FirstLikeOthers,
    BackoffStays,
    RepeatEndsBackoff,
}

const FLAWS: [(Flaw, Known); 8] = [
    (Flaw::MeanFirst, known::MEAN_FIRST),
    (Flaw::AmbiguousSamples, known::AMBIGUOUS_SAMPLES),
    (Flaw::NoFloor, known::NO_FLOOR),
    (Flaw::NoCeiling, known::NO_CEILING),
    (Flaw::GainsSwapped, known::GAINS_SWAPPED),
    (Flaw::FirstLikeOthers, known::FIRST_LIKE_OTHERS),
    (Flaw::BackoffStays, known::BACKOFF_STAYS),
    (Flaw::RepeatEndsBackoff, known::REPEAT_ENDS_BACKOFF),
];

/// The reference, in seconds, with one flaw or none.
struct Twin {
    flaw: Option<Flaw>,
    measured: Option<(f64, f64)>,
    rto: f64,
    doubled: f64,
}

impl Twin {
    fn new(flaw: Option<Flaw>) -> Self {
        Self { flaw, measured: None, rto: 1.0, doubled: 0.0 }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn set(&mut self) {
        let Some((mean, variation)) = self.measured else { return };
        let least = if self.has(Flaw::NoFloor) { 0.0 } else { 1.0 };
        let most = if self.has(Flaw::NoCeiling) { f64::INFINITY } else { 60.0 };
        self.rto = (mean + 4.0 * variation).clamp(least, most);
        if self.has(Flaw::BackoffStays) {
            self.rto = self.rto.max(self.doubled);
        }
    }
}

impl RtoExercise for Twin {
    fn new() -> Self {
        Self::new(None)
    }

    fn on_sample(&mut self, round_trip: Duration, retransmitted: bool) {
        if retransmitted && !self.has(Flaw::AmbiguousSamples) {
            if self.has(Flaw::RepeatEndsBackoff) {
                self.set();
            }
            return;
        }
        let sample = round_trip.as_secs_f64();
        let (slow, fast) = if self.has(Flaw::GainsSwapped) { (0.25, 0.125) } else { (0.125, 0.25) };
        self.measured = Some(match self.measured {
            None if self.has(Flaw::FirstLikeOthers) => (sample / 8.0, sample / 4.0),
            None => (sample, sample / 2.0),
            Some((mean, variation)) => {
                let moved = mean + slow * (sample - mean);
                let from = if self.has(Flaw::MeanFirst) { moved } else { mean };
                (moved, variation + fast * ((sample - from).abs() - variation))
            }
        });
        self.set();
    }

    fn on_timeout(&mut self) {
        let most = if self.has(Flaw::NoCeiling) { f64::INFINITY } else { 60.0 };
        self.rto = (2.0 * self.rto).min(most);
        self.doubled = self.rto;
    }

    fn rto(&self) -> Duration {
        Duration::from_secs_f64(self.rto)
    }
}
