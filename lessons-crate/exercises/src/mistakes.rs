//! Finds the diagnosis of a function by comparing its answers with those of the planted mistakes.
//!
//! The learner is asked every input of every property. A planted mistake explains what is seen when it gives the
//! learner's answer to *each* input that the learner answered wrongly; it is right about none of them, so it is
//! never the right program. It may be wrong where the learner was right, for a learner may have treated an edge
//! apart, but not more often than the learner was wrong. Of several that explain everything the one wins that
//! leaves the fewest of its own failures unseen; if two of different keys do so equally well, nothing is said.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use algorithms::interrupt::{Interrupted, checkpoint};

use crate::runner::{is_missing, panic_message};
use crate::{Checker, Exercise, Failure, Known, Report};

/// Compiles the planted mistakes of an exercise, by its id, into `MISTAKES`. The checker's `Answer` is the type of
/// what the learner writes.
macro_rules! planted {
    ($id:literal) => {
        mod planted {
            include!(concat!(env!("OUT_DIR"), "/", $id, "/mistakes.rs"));
        }
        use planted::MISTAKES;
    };
}
pub(crate) use planted;

/// Whether two numbers are the same but for rounding. What is not a number is the same as what is not.
pub(crate) fn close(one: f64, other: f64) -> bool {
    let largest = one.abs().max(other.abs());
    one == other
        || (one.is_nan() && other.is_nan())
        || (largest.is_finite() && (one - other).abs() <= 1e-6 * largest)
}

/// How a function is asked, and what it should answer.
pub(crate) struct Question<A, I, O> {
    /// Asks one program; `A` is what the learner writes.
    pub(crate) ask: fn(A, &I) -> O,
    /// The right answer, or one of them.
    pub(crate) right: fn(&I) -> O,
    /// Whether an answer is right, where several are; `None` where it must be the same as `right`.
    pub(crate) accepts: Option<fn(&I, &O) -> bool>,
    /// Whether two answers are the same.
    pub(crate) same: fn(&O, &O) -> bool,
    /// The call, as the learner would write it.
    pub(crate) input: fn(&I) -> String,
    /// The answer, as the learner would write it.
    pub(crate) output: fn(&O) -> String,
}

/// Makes the inputs of a property, the same each time; the smallest first.
type Inputs<I> = fn() -> Vec<I>;
/// Whether a wrong answer looks like a mistake: the input, the right answer, the one found.
type Look<I, O> = fn(&I, &O, &O) -> bool;

/// The check of a function. See the crate's documentation.
pub(crate) struct Comparison<A: 'static, I: 'static, O: 'static> {
    checker: Checker,
    question: &'static Question<A, I, O>,
    learner: A,
    mistakes: &'static [(Known, A)],
    /// Of each property that asks inputs, with its number among all.
    inputs: Vec<(usize, Inputs<I>)>,
    looks: Looks<I, O>,
}

/// Mistakes that are not one program.
struct Looks<I, O> {
    /// What every answer looks like, right or wrong.
    always: Vec<(Known, Look<I, O>)>,
    /// What the wrong answers of the first property that failed look like.
    described: Vec<(Known, Look<I, O>)>,
}

impl<A: Copy + Send + Sync, I, O> Comparison<A, I, O> {
    pub(crate) fn new(
        exercise: &'static Exercise,
        question: &'static Question<A, I, O>,
        learner: A,
        mistakes: &'static [(Known, A)],
    ) -> Self {
        let checker = Checker::new(exercise);
        let looks = Looks { always: Vec::new(), described: Vec::new() };
        Self { checker, question, learner, mistakes, inputs: Vec::new(), looks }
    }

    /// Every one of these inputs must be answered rightly; the exercise's text says so.
    pub(crate) fn visible(mut self, name: &'static str, inputs: Inputs<I>) -> Self {
        let (question, learner) = (self.question, self.learner);
        self.inputs.push((self.checker.properties(), inputs));
        self.checker = self.checker.visible(name, move || question.check(learner, &inputs()));
        self
    }

    /// Every one of these inputs must be answered rightly; the exercise's text does not name the property.
    pub(crate) fn hidden(mut self, name: &'static str, inputs: Inputs<I>) -> Self {
        let (question, learner) = (self.question, self.learner);
        self.inputs.push((self.checker.properties(), inputs));
        self.checker = self.checker.hidden(name, move || question.check(learner, &inputs()));
        self
    }

    /// A property of another form. It may name a diagnosis, which counts when no planted mistake fits.
    #[allow(dead_code, reason = "an offer beside the hidden one")]
    pub(crate) fn visible_property(
        mut self,
        name: &'static str,
        property: impl FnOnce() -> Result<(), Failure> + Send + 'static,
    ) -> Self {
        self.checker = self.checker.visible(name, property);
        self
    }

    /// The same, when the exercise's text does not name it.
    pub(crate) fn hidden_property(
        mut self,
        name: &'static str,
        property: impl FnOnce() -> Result<(), Failure> + Send + 'static,
    ) -> Self {
        self.checker = self.checker.hidden(name, property);
        self
    }

    /// The diagnosis when no planted mistake fits, and every wrong answer of the first property that failed looks
    /// like this: that is the one which the learner reads first. The first that holds counts.
    pub(crate) fn described(mut self, known: Known, look: Look<I, O>) -> Self {
        self.looks.described.push((known, look));
        self
    }

    /// The diagnosis when no planted mistake fits, and *every* answer, to every input, looks like this. Where several
    /// answers are right a mistake is a rule, which many programs follow. The first that holds counts, before those
    /// that are described.
    pub(crate) fn always(mut self, known: Known, look: Look<I, O>) -> Self {
        self.looks.always.push((known, look));
        self
    }

    /// The report; where something failed, with the planted mistake that explains it.
    pub(crate) fn finish(self) -> Report {
        let Self { checker, question, learner, mistakes, inputs, looks } = self;
        // What never ended would not end now.
        let asked = inputs.into_iter().filter(|(property, _)| checker.has_ended(*property));
        let asked: Vec<Inputs<I>> = asked.map(|(_, inputs)| inputs).collect();
        checker.finish_with(move || {
            let inputs: Vec<Vec<I>> = asked.iter().map(|inputs| inputs()).collect();
            question.recognize(learner, mistakes, &looks, &inputs)
        })
    }
}

/// An answer, or the words of a panic.
type Answered<O> = Result<O, String>;

impl<A: Copy, I, O> Question<A, I, O> {
    pub(crate) fn check(&self, learner: A, inputs: &[I]) -> Result<(), Failure> {
        for input in inputs {
            checkpoint();
            let (right, found) = ((self.right)(input), (self.ask)(learner, input));
            if !self.is_right(input, &right, &found) {
                let failure = Failure::new((self.output)(&right), (self.output)(&found));
                return Err(failure.input((self.input)(input)));
            }
        }
        Ok(())
    }

    /// The mistake that explains every wrong answer, if there is one; `inputs` are those of each property.
    fn recognize(
        &self,
        learner: A,
        mistakes: &[(Known, A)],
        looks: &Looks<I, O>,
        inputs: &[Vec<I>],
    ) -> Option<Known> {
        let (mut wrong, mut right) = (Vec::new(), Vec::new());
        // How many of the wrong answers are of the first property that failed.
        let mut first = 0;
        for inputs in inputs {
            for input in inputs {
                let (expected, found) = ((self.right)(input), self.asked(learner, input));
                if found.as_ref().is_err_and(|panic| is_missing(panic)) {
                    // A function that is still missing says nothing of the other one.
                    continue;
                }
                let is_right = found.as_ref().is_ok_and(|found| self.is_right(input, &expected, found));
                if is_right { &mut right } else { &mut wrong }.push((input, expected, found));
            }
            if first == 0 {
                first = wrong.len();
            }
        }
        if wrong.is_empty() {
            return None;
        }
        let mut best: Option<(usize, Known)> = None;
        let mut tied = false;
        for &(known, mistake) in mistakes {
            let agrees =
                |(input, _, found): &(&I, O, Answered<O>)| self.agree(&self.asked(mistake, input), found);
            if !wrong.iter().all(agrees) {
                continue;
            }
            let unseen = right.iter().filter(|asked| !agrees(asked)).count();
            if unseen > wrong.len() || best.is_some_and(|(fewest, _)| unseen > fewest) {
                continue;
            }
            tied = best.is_some_and(|(fewest, other)| unseen == fewest && (tied || known.key != other.key));
            best = Some((unseen, known));
        }
        let all = |answers: &[(&I, O, Answered<O>)], look: &Look<I, O>| {
            answers.iter().all(|(input, expected, found)| {
                found.as_ref().is_ok_and(|found| look(input, expected, found))
            })
        };
        if let Some((_, known)) = best {
            return (!tied).then_some(known);
        }
        let mut always = looks.always.iter();
        let mut described = looks.described.iter();
        always
            .find(|(_, look)| all(&wrong, look) && all(&right, look))
            .or_else(|| described.find(|(_, look)| all(&wrong[..first], look)))
            .map(|&(known, _)| known)
    }

    fn is_right(&self, input: &I, right: &O, found: &O) -> bool {
        match self.accepts {
            Some(accepts) => accepts(input, found),
            None => (self.same)(found, right),
        }
    }

    fn asked(&self, program: A, input: &I) -> Answered<O> {
        checkpoint();
        catch_unwind(AssertUnwindSafe(|| (self.ask)(program, input))).map_err(|payload| {
            if payload.is::<Interrupted>() {
                resume_unwind(payload);
            }
            panic_message(payload.as_ref())
        })
    }

    fn agree(&self, one: &Answered<O>, other: &Answered<O>) -> bool {
        match (one, other) {
            (Ok(one), Ok(other)) => (self.same)(one, other),
            (Err(one), Err(other)) => one == other,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Double = fn(i64) -> i64;

    const QUESTION: Question<Double, i64, i64> = Question {
        ask: |double, &input| double(input),
        right: |&input| 2 * input,
        accepts: None,
        same: |one, other| one == other,
        input: |input| format!("double({input})"),
        output: i64::to_string,
    };

    const fn known(key: &'static str) -> Known {
        Known { key, message: "" }
    }

    const MISTAKES: &[(Known, Double)] = &[
        (known("square"), |n| n * n),
        (known("square"), |n| n.pow(2)),
        (known("zero"), |_| 0),
        (known("half"), |n| n / 2),
        (known("half-of-small"), |n| if n < 100 { n / 2 } else { 2 * n }),
        (known("plus-two"), |n| n + 2),
        (known("also-plus-two"), |n| 2 + n),
        (known("index"), |n| [2, 4, 6][n as usize]),
    ];

    #[track_caller]
    fn recognized(learner: Double, inputs: &[i64], key: Option<&str>) {
        let looks = Looks::<i64, i64> {
            always: vec![(known("odd"), |_, _, found| found % 2 != 0)],
            described: vec![(known("too-much"), |_, right, found| found > right)],
        };
        let found = QUESTION.recognize(learner, MISTAKES, &looks, &[inputs.to_vec(), vec![20, 21]]);
        assert_eq!(found.map(|found| found.key), key);
    }

    #[test]
    fn the_mistake_that_explains_every_wrong_answer_is_found() {
        recognized(|n| 2 * n, &[1, 2, 3], None);
        recognized(|n| n * n, &[0, 1, 2, 3], Some("square"));
        // One wrong answer is not explained, so nothing is said.
        recognized(|n| if n == 3 { 7 - n } else { n * n }, &[1, 2, 3], None);
    }

    #[test]
    fn the_mistake_that_predicts_no_more_than_is_seen_comes_first() {
        recognized(|n| if n < 100 { n / 2 } else { 2 * n }, &[1, 5, 1_000], Some("half-of-small"));
        recognized(|n| n / 2, &[1, 5, 1_000], Some("half"));
        // Wrong once, where the mistake would be wrong everywhere: that is another one.
        recognized(|n| if n == 5 { 0 } else { 2 * n }, &[1, 2, 3, 4, 5], None);
    }

    #[test]
    fn two_that_fit_equally_well_are_not_told_apart() {
        recognized(|n| n + 2, &[1, 5], None);
    }

    #[test]
    fn a_look_counts_after_the_planted_and_for_all_of_the_first_property_that_failed() {
        recognized(|n| 3 * n + 2, &[1, 5], Some("too-much"));
        recognized(|n| if n == 5 { 9 } else { 3 * n + 2 }, &[1, 5], None);
        recognized(|n| if n == 20 { 0 } else { 3 * n + 2 }, &[1, 5], Some("too-much"));
        recognized(|n| if n == 20 { 0 } else { 2 * n }, &[1, 5], None);
    }

    #[test]
    fn what_every_answer_looks_like_counts_before_what_some_do() {
        recognized(|n| 2 * n + 1, &[1, 5], Some("odd"));
        // One right answer does not look like it.
        recognized(|n| if n == 21 { 42 } else { 2 * n + 1 }, &[1, 5], Some("too-much"));
    }

    #[test]
    fn a_panic_is_an_answer() {
        let out_of_bounds: Double = |n| [2, 4, 6][n as usize];
        recognized(out_of_bounds, &[0, 1, 7], Some("index"));
        recognized(|_| panic!("not yet implemented"), &[0, 1, 7], None);
        // What is still missing does not hide what is wrong.
        recognized(
            |n| if n == 7 { panic!("not yet implemented") } else { n * n },
            &[0, 1, 2, 7],
            Some("square"),
        );
    }

    #[test]
    fn numbers_are_close_or_not() {
        assert!(close(1.0, 1.0 + 1e-9) && close(f64::NAN, f64::NAN) && close(f64::INFINITY, f64::INFINITY));
        assert!(
            !close(1.0, 1.001) && !close(0.0, 1e-9) && !close(f64::INFINITY, 1.0) && !close(f64::NAN, 1.0)
        );
        assert!(!close(f64::INFINITY, f64::NEG_INFINITY));
    }
}
