//! Checkers of the exercises on caches.
//!
//! | exercise | the learner writes | checked by |
//! |---|---|---|
//! | how often must it hit? | a function | [`needed_hit_ratio`] |
//! | LRU in constant time | [`LruExercise`] | [`lru`] |
//! | SIEVE | [`SieveExercise`] | [`sieve`] |
//! | one load at a time | [`FlightExercise`] | [`single_flight`] |

mod lru;
mod needed_hit_ratio;
mod sieve;
mod single_flight;

pub use lru::{LruExercise, lru};
pub use needed_hit_ratio::needed_hit_ratio;
pub use sieve::{SieveExercise, sieve};
pub use single_flight::{Asked, FlightExercise, single_flight};
