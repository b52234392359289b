//! What happened before what, where no clock can tell.
//!
//! | what | knows |
//! |---|---|
//! | [`Dot`] | one event: which node's, and which of its events |
//! | [`VersionVector`] | all events that a copy has seen; of two, which is newer, or that neither is ([`Causality`]) |

mod version_vector;

pub use version_vector::{Causality, Dot, VersionVector};
