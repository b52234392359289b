//! Checkers of the exercises on replication.
//!
//! | exercise | the learner writes | checked by |
//! |---|---|---|
//! | sizes of quorums | a function | [`quorum_sizes`] |
//! | an atomic register | two functions on [`Replicas`] | [`atomic_register`] |

mod atomic_register;
mod quorum_sizes;
mod replicas;

pub use atomic_register::atomic_register;
pub use quorum_sizes::quorum_sizes;
pub use replicas::{Replicas, Stored};
