//! Checks a learner's solution, and says in words what is wrong with it.
//!
//! Each exercise has a trait, which the learner implements, and a function here, which checks it. The
//! function runs the exercise's [`Property`] list against the learner's type and answers with a
//! [`Report`]: what was expected, what was found, the smallest input that shows it, and, when the
//! mistake is a known one, a [`Diagnosis`].
//!
//! Three rules hold for every checker:
//!
//! - The learner's code may panic (`todo!()`, an index out of range): the property fails and the panic is
//!   quoted; the other properties still run.
//! - It may loop for ever: each property has a time limit, and a hung one ends the check with an answer.
//! - The function is generic only on its surface. Its loops run over a trait object, compiled here, so
//!   that they are fast although the learner's own code is not optimized.

mod cache;
mod data_model;
mod feed;
mod gateway;
mod load_balancer;
mod normalization;
mod partitioning;
mod rate_limit;
mod replication;
mod report;
mod runner;
mod scalability;
mod sharding;
mod sketch;
mod storage;
mod transaction;

pub use cache::{
    Asked, FlightExercise, LruExercise, SieveExercise, lru, needed_hit_ratio, sieve, single_flight,
};
pub use data_model::within;
pub use feed::{delivery, feed_page};
pub use gateway::{Refusal, TokenClaims, read_claims, route_values, verify_token};
pub use load_balancer::{RingExercise, SmoothWeighted, hash_ring, smooth_weighted_round_robin, two_choices};
pub use normalization::{candidate_keys, closure, synthesis};
pub use partitioning::{PartBounds, prune, range_partition, rolling_window};
pub use rate_limit::{LimiterExercise, Verdict, gcra};
pub use replication::{
    Follower, OrSetExercise, ReadSession, Replicas, Seen, Stored, atomic_register, find_order, or_set,
    quorum_sizes, read_routing, version_vectors,
};
pub use report::{Diagnosis, Outcome, Property, Report};
pub(crate) use runner::{Checker, Failure};
pub use scalability::{
    Down, Kept, ReadParts, Tier, Told, bottleneck, predict_p99, read_path, requests_in_flight,
    servers_needed, usl_fit,
};
pub use sharding::{MOVED_AT_ONCE, MoveExercise, hash_tag, move_a_shard, rebalance};
pub use sketch::{
    BloomExercise, DeletableExercise, GrowingExercise, bloom_filter, deletable_filter, filter_size,
    growing_filter,
};
pub use storage::{
    IndexQuery, IndexUse, Pages, TreeExercise, TreePage, b_plus_tree, index_use, pages_touched,
};
pub use transaction::{RowVersion, TakenSnapshot, serial_order, visible};
