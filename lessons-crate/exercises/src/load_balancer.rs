//! Checkers of the exercises on load balancing.
//!
//! | exercise | the learner writes | checked by |
//! |---|---|---|
//! | power of two choices | a function | [`two_choices`] |
//! | smooth weighted round robin | [`SmoothWeighted`] | [`smooth_weighted_round_robin`] |
//! | a hash ring | [`RingExercise`] | [`hash_ring`] |

mod hash_ring;
mod smooth_weighted;
mod two_choices;

pub use hash_ring::{RingExercise, hash_ring};
pub use smooth_weighted::{SmoothWeighted, smooth_weighted_round_robin};
pub use two_choices::two_choices;
