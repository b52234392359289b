//! Checkers of the exercises on replication.
//!
//! | exercise | the learner writes | checked by |
//! |---|---|---|
//! | sizes of quorums | a function | [`quorum_sizes`] |
//! | a linearizability checker | a function | [`find_order`] |
//! | an atomic register | two functions on [`Replicas`] | [`atomic_register`] |

mod atomic_register;
mod find_order;
mod quorum_sizes;
mod replicas;

pub use atomic_register::atomic_register;
pub use find_order::find_order;
pub use quorum_sizes::quorum_sizes;
pub use replicas::{Replicas, Stored};
