//! Placing keys on nodes so that few keys move when a node comes or goes.
//!
//! | method | choose it when | lookup | memory | balance | moves on a change |
//! |---|---|---|---|---|---|
//! | [`Modulo`] | the number of nodes never changes | O(1) | none | even | nearly all keys |
//! | [`HashRing`] | nodes come and go, with weights | O(log nv) | n·v points | within 1/√v | few |
//! | [`Rendezvous`] | there are few nodes | O(n) | n | even | the fewest possible |
//! | [`JumpHash`] | nodes are numbered, and leave in reverse | O(log n) | none | even | the fewest possible |
//! | [`MaglevTable`] | every packet needs a lookup | O(1) | a table | nearly exact | few more than needed |
//! | [`BoundedLoad`] | no node may ever get much more than its share | O(log nv) | n·v points | bounded | few |
//!
//! Nodes are numbers that name them for ever. Experiments use [`shares`], [`imbalance`],
//! [`moved_fraction`] and [`collateral_fraction`], whose loops are compiled with the library.

mod bounded_load;
mod hash_ring;
mod jump;
mod maglev_table;
mod measure;
mod rendezvous;

pub use bounded_load::BoundedLoad;
pub use hash_ring::HashRing;
pub use jump::{JumpHash, jump_hash};
pub use maglev_table::MaglevTable;
pub use measure::{collateral_fraction, imbalance, moved_fraction, shares};
pub use rendezvous::Rendezvous;

use crate::hash::{hash_u64, mix64};

/// Where each key belongs.
pub trait Placement {
    /// The name of the method, for plots and tables.
    fn name(&self) -> &'static str;

    /// The node of a key.
    fn node(&self, key: u64) -> u64;
}

/// The remainder of the key's hash by the number of nodes, which are 0, 1, 2 and so on.
///
/// From `n` to `n + 1` nodes, a share of n / (n + 1) of the keys moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modulo(
    /// The number of nodes; at least 1.
    pub u64,
);

impl Placement for Modulo {
    fn name(&self) -> &'static str {
        "modulo"
    }

    fn node(&self, key: u64) -> u64 {
        mix64(key) % self.0
    }
}

/// The hash of a pair, for every pair of a node and something else.
#[inline]
fn hash_pair(node: u64, other: u64, seed: u64) -> u64 {
    hash_u64(other, hash_u64(node, seed))
}
