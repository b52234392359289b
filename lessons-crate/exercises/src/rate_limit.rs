//! Checkers of the exercises on rate limiting.
//!
//! | exercise | the learner writes | checked by |
//! |---|---|---|
//! | a limiter in one number per key | [`LimiterExercise`] | [`gcra`] |

mod gcra;

pub use gcra::{LimiterExercise, Verdict, gcra};
