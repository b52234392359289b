//! Checkers of the exercises on sharding.
//!
//! | exercise | the learner writes | checked by |
//! |---|---|---|
//! | what of a key is hashed | a function | [`hash_tag`] |
//! | slots to nodes | a function | [`rebalance`] |
//! | a shard that moves | [`MoveExercise`] | [`move_a_shard`] |

mod hash_tag;
mod move_a_shard;
mod rebalance;

pub use hash_tag::hash_tag;
pub use move_a_shard::{MOVED_AT_ONCE, MoveExercise, move_a_shard};
pub use rebalance::rebalance;
