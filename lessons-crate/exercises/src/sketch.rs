//! Checkers of the exercises on filters.
//!
//! | exercise | the learner writes | checked by |
//! |---|---|---|
//! | the size of a filter | a function | [`filter_size`] |
//! | a Bloom filter | [`BloomExercise`] | [`bloom_filter`] |
//! | a filter from which keys can leave | [`DeletableExercise`] | [`deletable_filter`] |
//! | a filter that grows | [`GrowingExercise`] | [`growing_filter`] |

mod bloom_filter;
mod deletable_filter;
mod filter_size;
mod growing_filter;

pub use bloom_filter::{BloomExercise, bloom_filter};
pub use deletable_filter::{DeletableExercise, deletable_filter};
pub use filter_size::filter_size;
pub use growing_filter::{GrowingExercise, growing_filter};
