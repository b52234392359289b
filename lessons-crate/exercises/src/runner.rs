//! Runs properties against code that may panic or never end.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use algorithms::interrupt::{self, Interrupted};

use crate::{Diagnosis, Exercise, Known, Outcome, Property, Report};

/// How long one property may take. A correct solution needs well under a second, also unoptimized and on
/// a slow machine, so who reaches this limit hangs.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// How long a hung property may take to notice that it was asked to stop.
const GRACE: Duration = Duration::from_secs(1);
/// How often the wait for a property looks whether the reader pressed stop.
const POLL: Duration = Duration::from_millis(20);

/// Why a property does not hold.
#[derive(Debug)]
pub(crate) struct Failure {
    expected: String,
    found: String,
    smallest_input: Option<String>,
    diagnosis: Option<Diagnosis>,
}

impl Failure {
    /// What a correct solution does, and what this one did.
    pub(crate) fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { expected: expected.into(), found: found.into(), smallest_input: None, diagnosis: None }
    }

    /// The smallest input that shows the failure.
    pub(crate) fn input(mut self, input: impl Into<String>) -> Self {
        self.smallest_input = Some(input.into());
        self
    }

    /// The known mistake behind it: a stable key, and what to tell the learner.
    pub(crate) fn diagnosis(mut self, key: &'static str, message: impl Into<String>) -> Self {
        self.diagnosis = Some(Diagnosis { key, message: message.into() });
        self
    }

    /// The known mistake behind it, with the words of `exercise.toml`.
    pub(crate) fn known(self, known: Known) -> Self {
        self.diagnosis(known.key, known.message)
    }

    /// The same, when there is one.
    pub(crate) fn maybe_known(self, known: Option<Known>) -> Self {
        match known {
            Some(known) => self.known(known),
            None => self,
        }
    }
}

/// Collects the outcomes of an exercise's properties into a [`Report`].
///
/// The diagnosis of the report is that of the first failed property that recognizes its mistake; what is
/// known of any program (not implemented, panicked, never ends) comes only after those.
#[derive(Debug)]
pub(crate) struct Checker {
    report: Report,
    generic: Option<Diagnosis>,
    time_limit: Duration,
    hung: bool,
    /// So that one missing part is not told at length for each property.
    last_panic: Option<String>,
}

impl Checker {
    pub(crate) fn new(exercise: &'static Exercise) -> Self {
        Self {
            report: Report { exercise: *exercise, properties: Vec::new(), diagnosis: None },
            generic: None,
            time_limit: TIME_LIMIT,
            hung: false,
            last_panic: None,
        }
    }

    /// Checks a property that the exercise's text names.
    #[must_use]
    pub(crate) fn visible(
        self,
        name: &'static str,
        property: impl FnOnce() -> Result<(), Failure> + Send + 'static,
    ) -> Self {
        self.check(name, true, Box::new(property))
    }

    /// Checks a property that the exercise's text does not name.
    #[must_use]
    pub(crate) fn hidden(
        self,
        name: &'static str,
        property: impl FnOnce() -> Result<(), Failure> + Send + 'static,
    ) -> Self {
        self.check(name, false, Box::new(property))
    }

    /// How many properties were checked, or skipped, so far.
    pub(crate) fn properties(&self) -> usize {
        self.report.properties.len()
    }

    /// Whether this property, counted from 0, came to an end; those after one that hung were not run.
    pub(crate) fn has_ended(&self, property: usize) -> bool {
        let not_run = |property: &&Property| property.outcome == Outcome::NotRun;
        let run = self.properties() - self.report.properties.iter().filter(not_run).count();
        property + usize::from(self.hung) < run
    }

    /// The report on all properties checked.
    pub(crate) fn finish(self) -> Report {
        self.finish_with(|| None)
    }

    /// The report; if a property failed, `recognize` is asked first what the mistake may be. It runs the
    /// learner's code again, so it is watched like a property.
    pub(crate) fn finish_with(
        mut self,
        recognize: impl FnOnce() -> Option<Known> + Send + 'static,
    ) -> Report {
        if !self.report.passed()
            && let Ended::Normally(Some(Known { key, message })) = run(Box::new(recognize), self.time_limit)
        {
            self.report.diagnosis = Some(Diagnosis { key, message: message.into() });
        }
        self.report.diagnosis = self.report.diagnosis.or(self.generic);
        self.report
    }

    fn check(mut self, name: &'static str, visible: bool, property: BoxedProperty) -> Self {
        let outcome = if self.hung {
            Outcome::NotRun
        } else {
            match run(property, self.time_limit) {
                Ended::Normally(Ok(())) => Outcome::Passed,
                Ended::Normally(Err(failure)) => {
                    self.report.diagnosis = self.report.diagnosis.or(failure.diagnosis);
                    Outcome::Failed {
                        expected: failure.expected,
                        found: failure.found,
                        smallest_input: failure.smallest_input,
                    }
                }
                Ended::Panicked(message) => {
                    self.generic = self.generic.or(Some(diagnose_panic(&message)));
                    let again = self.last_panic.as_ref() == Some(&message);
                    let found =
                        if again { "the same panic as before".into() } else { format!("a panic: {message}") };
                    self.last_panic = Some(message);
                    Outcome::Failed { expected: "no panic".into(), found, smallest_input: None }
                }
                Ended::Never => {
                    self.hung = true;
                    self.generic = Some(Diagnosis {
                        key: "endless-loop",
                        message: "No answer in time. Either a loop never ends (look at its condition, and at what each turn changes), or the same work is done again and again."
                            .into(),
                    });
                    let seconds = self.time_limit.as_secs_f64();
                    Outcome::Failed {
                        expected: "an answer".into(),
                        found: format!("no answer within {seconds} s"),
                        smallest_input: None,
                    }
                }
            }
        };
        self.report.properties.push(Property { name, visible, outcome });
        self
    }
}

type BoxedProperty = Work<Result<(), Failure>>;
type Work<T> = Box<dyn FnOnce() -> T + Send>;

enum Ended<T> {
    Normally(T),
    Panicked(String),
    Never,
}

/// Runs a property, or other work with the learner's code, on a thread of its own. One that hangs is asked to stop; if it cannot hear (a loop
/// without checkpoints), it is left behind, so that the learner still gets an answer.
fn run<T: Send + 'static>(work: Work<T>, time_limit: Duration) -> Ended<T> {
    static WORKERS: AtomicU64 = AtomicU64::new(1);
    let worker = WORKERS.fetch_add(1, Ordering::Relaxed);
    let (sender, receiver) = channel();
    let spawned = std::thread::Builder::new().name("sd35-check".into()).spawn(move || {
        interrupt::become_worker(worker);
        // The receiver is gone only when this thread was given up.
        let _ = sender.send(catch_unwind(AssertUnwindSafe(work)));
    });
    if let Err(error) = spawned {
        return Ended::Panicked(format!("no thread to check on: {error}"));
    }
    let mut waited = Duration::ZERO;
    let result = loop {
        match receiver.recv_timeout(POLL) {
            Err(RecvTimeoutError::Timeout) if waited < time_limit => waited += POLL,
            result => break result,
        }
        if interrupt::requested() {
            // The reader's request reaches the property's thread too: give it the time to unwind.
            let _ = receiver.recv_timeout(GRACE);
            interrupt::checkpoint();
        }
    };
    match result {
        Ok(Ok(outcome)) => Ended::Normally(outcome),
        Ok(Err(payload)) if payload.is::<Interrupted>() => {
            interrupt::checkpoint();
            Ended::Never
        }
        Ok(Err(payload)) => Ended::Panicked(panic_message(payload.as_ref())),
        Err(_) => {
            interrupt::request_of(worker);
            let _ = receiver.recv_timeout(GRACE);
            interrupt::clear_of(worker);
            Ended::Never
        }
    }
}

/// What a panic says.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a value that is not text").to_owned()
}

/// Whether these words of a panic are those of a `todo!()` or an `unimplemented!()`.
pub(crate) fn is_missing(message: &str) -> bool {
    message.starts_with("not yet implemented") || message.starts_with("not implemented")
}

fn diagnose_panic(message: &str) -> Diagnosis {
    let (key, message) = if is_missing(message) {
        ("not-implemented", "A part is still missing: replace each `todo!()` with code.".into())
    } else if message.contains("subtract with overflow") {
        (
            "below-zero",
            format!(
                "{message}: an unsigned number went below 0, as `len() - 1` does for nothing at all. Deal with that case first."
            ),
        )
    } else if message.contains("with overflow") {
        (
            "arithmetic-overflow",
            format!(
                "{message}: where wrapping around is meant, as in hashing, write `wrapping_add` or `wrapping_mul`."
            ),
        )
    } else {
        let advice = if message.starts_with("index out of bounds") {
            "a place behind the end was asked for. Is the place rounded up and the length down, or must it go back to the start when it passes the end?"
        } else if message.contains("divisor of zero") || message.contains("divide by zero") {
            "a number that is divided by is 0 here: where does it come from?"
        } else if message.contains("on an `Err` value") || message.contains("on a `None` value") {
            "this input has no value to unwrap, on purpose. Say with `match` or `?` what to do then."
        } else {
            "which input brings it there?"
        };
        ("panicked", format!("The code stopped with \"{message}\": {advice}"))
    };
    Diagnosis { key, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome_of(property: impl FnOnce() -> Result<(), Failure> + Send + 'static) -> Report {
        let mut checker = Checker::new(&Exercise { id: "topic/test", title: "test" });
        checker.time_limit = Duration::from_secs(2);
        checker.visible("first", property).hidden("second", || Ok(())).finish()
    }

    #[test]
    fn what_holds_passes() {
        let report = outcome_of(|| Ok(()));
        assert!(report.passed());
        assert_eq!(report.diagnosis, None);
    }

    #[test]
    fn a_failure_keeps_its_words() {
        let report = outcome_of(|| Err(Failure::new("1", "2").input("x").diagnosis("wrong", "look")));
        assert_eq!(report.diagnosis_key(), Some("wrong"));
        let failed =
            Outcome::Failed { expected: "1".into(), found: "2".into(), smallest_input: Some("x".into()) };
        assert_eq!(report.properties[0].outcome, failed);
        assert_eq!(report.properties[1].outcome, Outcome::Passed);
    }

    #[test]
    fn a_panic_is_caught_and_named() {
        assert_eq!(outcome_of(|| panic!("not yet implemented")).diagnosis_key(), Some("not-implemented"));
        assert_eq!(
            outcome_of(|| panic!("attempt to add with overflow")).diagnosis_key(),
            Some("arithmetic-overflow")
        );
        let report = outcome_of(|| panic!("index out of bounds"));
        assert_eq!(report.diagnosis_key(), Some("panicked"));
        assert_eq!(report.properties[1].outcome, Outcome::Passed);
    }

    #[test]
    fn an_endless_loop_ends_the_check() {
        let report = outcome_of(|| {
            loop {
                interrupt::checkpoint();
            }
        });
        assert_eq!(report.diagnosis_key(), Some("endless-loop"));
        assert_eq!(report.properties[1].outcome, Outcome::NotRun);
        assert!(!interrupt::requested());
    }

    #[test]
    fn a_recognized_mistake_comes_before_a_panic() {
        let report = Checker::new(&Exercise { id: "topic/test", title: "test" })
            .visible("first", || panic!("boom"))
            .visible("second", || Err(Failure::new("1", "2").diagnosis("known", "look")))
            .finish();
        assert_eq!(report.diagnosis_key(), Some("known"));
    }
}
