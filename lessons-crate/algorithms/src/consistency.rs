//! What a shared register promised, and whether a history kept the promise.
//!
//! A [`History`] says what each client asked and was told, and when. A consistency model says which
//! histories are allowed. Each model below allows all that the one above it allows, and more:
//!
//! | model | there must be one order of all operations that ... | checked by | cost |
//! |---|---|---|---|
//! | linearizable | explains every answer and respects real time | [`linearize`] | nearly linear when few are concurrent, NP-complete in general |
//! | sequential | explains every answer and respects each client's own order | [`is_sequential`] | NP-complete; up to 128 operations |
//! | causal | one order per client: all writes and its own reads, respecting cause and effect | [`is_causal`] | up to 128 operations |
//! | session guarantees | (none: four promises about what one client sees) | [`session_guarantees`] | O(n log n), with the order of the writes |
//!
//! [`strongest`] asks the first three in turn, and [`examples`] are histories to guess at;
//! `History::timeline` draws one.
//!
//! Linearizability is local: a history is linearizable when the part of each register is, so that the check
//! goes key by key. The others are not.
//!
//! # Sources
//!
//! M. P. Herlihy, J. M. Wing, "Linearizability: A Correctness Condition for Concurrent Objects", ACM TOPLAS
//! 12(3), 1990, doi:10.1145/78969.78972. L. Lamport, "How to Make a Multiprocessor Computer That Correctly
//! Executes Multiprocess Programs", IEEE TC C-28(9), 1979, doi:10.1109/TC.1979.1675439. M. Ahamad et al.,
//! "Causal Memory: Definitions, Implementation, and Programming", Distributed Computing 9(1), 1995,
//! doi:10.1007/BF01784241. D. B. Terry et al., "Session Guarantees for Weakly Consistent Replicated Data",
//! PDIS 1994, doi:10.1109/PDIS.1994.331722. P. B. Gibbons, E. Korach, "Testing Shared Memories", SIAM J.
//! Computing 26(4), 1997, doi:10.1137/S0097539794279614 (for the cost).

mod examples;
mod explain;
mod history;
mod linearizability;
mod ordering;
#[cfg(not(target_arch = "wasm32"))]
mod picture;
mod search;
mod session;
#[cfg(test)]
mod tests;

pub use examples::{Example, Strongest, examples, strongest};
pub use explain::{Anomaly, Violation};
pub use history::{Action, History, INITIAL, Operation};
pub use linearizability::{Linearization, NotLinearizable, linearize, linearize_within};
pub use ordering::{OrderingError, is_causal, is_sequential};
pub use session::{SessionReport, session_guarantees};
