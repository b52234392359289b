//! Checks a learner's solution, and says in words what is wrong with it.
//!
//! # An exercise is one folder
//!
//! `<topic>/<name>/` has everything about it, and nothing else knows of it but the chapter that says
//! `{{#exercise cache/lru}}`. Where an id must be a plain word (a cell, an HTML id), it is `cache-lru`.
//!
//! | file | what it is |
//! |---|---|
//! | `exercise.md` | the statement, then three hints under `## Hint: a nudge`, `## Hint: the method`, `## Hint: nearly the code` |
//! | `exercise.toml` | title, minutes, level, the expression of the check, and the planted mistakes with their diagnoses |
//! | `starter.rs`, `solution.rs` | what the learner begins with, and one that passes |
//! | `check.rs` | the trait and the types that the learner uses, and the properties; no prose of diagnoses |
//! | `<mistake>.rs` | a planted mistake that is another program |
//!
//! `build.rs` makes a module of each, `cache::lru`, which has what `check.rs` makes public: the checker, a
//! function of the same name (a cell says `check::cache::lru::<LruCache>()`), and what else a learner needs.
//! If that is anything, the starter begins with `use check::cache::lru::*;`; a type of the library that the prelude
//! does not have is among it (`pub use algorithms::feed::Delivery;`). What the exercises of a topic share
//! is in `<topic>/shared.rs`.
//!
//! # Mistakes and their diagnoses
//!
//! ```toml
//! [[mistake]]
//! name = "get_is_not_a_use"            # a module, or the file without .rs
//! key = "get-is-not-a-use"             # the diagnosis; several mistakes may have the same
//! why = "..."                          # the misconception, for authors
//! message = "..."                      # what the learner is told; once for each key
//! [[mistake.edit]]                     # of the solution, which has `from` exactly once;
//! from = "let slot = self.oldest?;"    # or, instead of edits, file = "linear_time.rs"
//! to = "let slot = self.newest?;"
//!
//! [diagnoses]                          # of what no planted mistake does
//! newcomer-not-in-the-map = "..."
//!
//! [[right]]                            # a right program of another kind, which must pass: with the same
//! name = "..."                         # edits or file
//! why = "..."                          # why the check might refuse it
//! ```
//!
//! Each key with a message is a constant in `known`, for example `known::GET_IS_NOT_A_USE`, so that `check.rs`
//! cannot name one that does not exist.
//!
//! **Where the learner writes a type**, the property that fails knows the mistake: a `Checker` runs closures, and
//! a closure answers `Err(Failure::new(expected, found).input(..).known(known::GHOST_KEY))`. See `cache/lru`.
//!
//! **Where the learner writes a function**, nobody has to compute what each mistake would have answered: the
//! mistakes are compiled into this library, and `Comparison` finds the one whose answers are the learner's.
//! See `scalability/requests_in_flight` and `scalability/predict_p99`. In `check.rs`:
//!
//! ```ignore
//! use super::{EXERCISE, known};
//! use crate::{Comparison, Failure, Question, Report, close, planted};
//!
//! type Answer = fn(f64, f64, f64) -> f64;    // what the learner writes; a tuple of several functions
//! planted!("scalability/requests_in_flight");
//!
//! const QUESTION: Question<Answer, Input, f64> = Question {
//!     ask: |answer, &(per_day, peak, latency_ms)| answer(per_day, peak, latency_ms),
//!     right: |input| ...,
//!     accepts: None,                              // Some(|input, found| ...) where several answers are right
//!     same: |one, other| close(*one, *other),     // of two programs; sort where the order does not matter
//!     input: |input| format!("requests_in_flight({:?}, ...)", input.0),
//!     output: |output| format!("{output}"),
//! };
//!
//! Comparison::new(&EXERCISE, &QUESTION, learner, MISTAKES)
//!     .visible("a sentence", || vec![inputs])        // each input must be answered rightly
//!     .hidden_property("better parts never make it worse", move || monotone(learner))
//!     .described(known::ROUNDED, |input, right, found| ...)
//!     .finish()
//! ```
//!
//! A type can be compared as well, when all that it does is known beforehand: `Answer` is then a function that makes
//! one, `make::<T>`, and the input says what is done with it. See `load_balancer/smooth_weighted_round_robin`.
//!
//! `described` is for a mistake that is not one program but a look of the answers, such as any way of rounding. It
//! counts only when it holds for every wrong answer of the first property that failed. `always` is for a rule that all
//! answers follow, right ones and wrong ones, where a question has several right answers. A mistake whose key is one
//! of any program (`endless-loop`, `panicked`, `below-zero`, ...) has no message and is not compared: the runner
//! sees it.
//!
//! # Rules of every checker
//!
//! - The learner's code may panic (`todo!()`, an index out of range): the property fails and the panic is
//!   quoted; the other properties still run.
//! - It may loop for ever: each property has a time limit, and a hung one ends the check with an answer.
//! - The function is generic only on its surface. Its loops run over a trait object, compiled here, so
//!   that they are fast although the learner's own code is not optimized.
//! - A misleading diagnosis is worse than none.

mod mistakes;
mod report;
mod runner;

pub(crate) use mistakes::{Comparison, Question, close, planted};
pub use report::{Diagnosis, Outcome, Property, REPORT, Report};
pub(crate) use runner::{Checker, Failure};

/// What everybody who names an exercise calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exercise {
    /// Topic and name, for example `cache/lru`.
    pub id: &'static str,
    /// For people.
    pub title: &'static str,
}

/// A diagnosis with the words of `exercise.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) key: &'static str,
    pub(crate) message: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/exercises.rs"));
