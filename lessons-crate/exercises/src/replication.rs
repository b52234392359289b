//! Checkers of the exercises on replication.
//!
//! | exercise | the learner writes | checked by |
//! |---|---|---|
//! | sizes of quorums | a function | [`quorum_sizes`] |
//! | a linearizability checker | a function | [`find_order`] |
//! | an atomic register | two functions on [`Replicas`] | [`atomic_register`] |
//! | version vectors | two functions | [`version_vectors`] |
//! | reads from followers | two functions on a [`ReadSession`] | [`read_routing`] |
//! | a set that merges | [`OrSetExercise`] | [`or_set`] |

mod atomic_register;
mod find_order;
mod or_set;
mod quorum_sizes;
mod read_routing;
mod replicas;
mod version_vectors;

pub use atomic_register::atomic_register;
pub use find_order::find_order;
pub use or_set::{OrSetExercise, or_set};
pub use quorum_sizes::quorum_sizes;
pub use read_routing::{Follower, ReadSession, Seen, read_routing};
pub use replicas::{Replicas, Stored};
pub use version_vectors::version_vectors;
