//! Conflict-free replicated data types: copies that may be changed apart and always merge to the same.
//!
//! | type | a conflict | what it loses |
//! |---|---|---|
//! | [`GCounter`], [`PnCounter`] | all additions count | nothing; it cannot refuse to go below zero |
//! | [`LwwRegister`] | the later timestamp wins | every other concurrent write, also a later one under a slow clock |
//! | [`MvRegister`] | all concurrent values are kept, as siblings | nothing; the reader must merge them |
//! | [`OrSet`] | an addition wins over a concurrent removal | the removal |
//!
//! Each is merged by its whole state ([`Crdt::merge`]). Merging is commutative, associative and idempotent, so
//! that it does not matter in which order copies meet, nor how often; this is what makes them converge.
//!
//! # Sources
//!
//! M. Shapiro, N. Preguiça, C. Baquero, M. Zawirski, "A Comprehensive Study of Convergent and Commutative
//! Replicated Data Types", INRIA RR-7506, 2011; "Conflict-Free Replicated Data Types", SSS 2011,
//! doi:10.1007/978-3-642-24550-3_29. The set without tombstones: A. Bieniusa et al., "An Optimized
//! Conflict-Free Replicated Set", INRIA RR-8083, 2012. Last writer wins: R. H. Thomas, "A Majority Consensus
//! Approach to Concurrency Control for Multiple Copy Databases", ACM TODS 4(2), 1979, doi:10.1145/320071.320076.

mod counter;
mod or_set;
mod register;
#[cfg(test)]
mod tests;

pub use counter::{GCounter, PnCounter};
pub use or_set::OrSet;
pub use register::{LwwRegister, MvRegister};

/// Copies that merge.
///
/// A copy is changed at one node at a time; each change is named by its node, so no two nodes may use the same
/// number.
pub trait Crdt: Clone + PartialEq {
    /// Learns all that the other copy knows. Commutative, associative and idempotent.
    fn merge(&mut self, other: &Self);
}
