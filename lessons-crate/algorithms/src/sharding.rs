//! One data set on many machines: who owns a key, how everyone knows, and what moves when the answer changes.
//!
//! | method | choose it when | a range of keys asks | a new shard moves | skew |
//! |---|---|---|---|---|
//! | [`KeyBased`] on [`Modulo`](crate::hashing::Modulo) | the number of shards never changes | all shards | nearly all keys | even keys |
//! | [`KeyBased`] on a [`SlotMap`] | shards come and go | all shards | its fair share | even keys |
//! | [`RangeBased`] | keys are read in order | few shards | whole chunks, as many as you like | new keys may all go to one shard |
//! | [`Directory`] | some owners must be chosen by hand | the shards it names | what you say | what you say |
//!
//! None of them makes one popular key lighter: [`HotKeys`] finds it, [`SplitKeys`] cuts it up. A query for many
//! shards waits for the slowest ([`slow_share`], [`scatter`]). A shard moves while it is written to by a
//! [`Migration`], and rows of different shards get different names from an [`IdGenerator`].

mod directory;
mod hash_slots;
mod hot_keys;
mod id;
mod key_based;
mod migration;
mod range_based;
mod scatter;

pub use directory::{Directory, Router, StaleRoute};
pub use hash_slots::{SLOTS, SlotMap, crc16, hash_tag, key_slot};
pub use hot_keys::{HotKeys, SplitKeys, busiest};
pub use id::{IdError, IdGenerator, IdLayout, IdParts};
pub use key_based::KeyBased;
pub use migration::{Audit, Migration, Phase, Procedure, Refused, audit};
pub use range_based::{Chunk, RangeBased};
pub use scatter::{scatter, slow_share};

use std::collections::BTreeMap;

/// Which shard owns which key.
pub trait Sharder {
    /// The name of the method, for plots and tables.
    fn name(&self) -> &'static str;

    /// The shard that owns a key.
    fn shard(&self, key: u64) -> u64;

    /// The shards that must be asked for all keys from `first` to `last`, both included, in ascending order.
    fn shards_between(&self, first: u64, last: u64) -> Vec<u64>;
}

/// How many of these keys each shard owns; a shard without any is left out.
pub fn keys_per_shard(sharder: &dyn Sharder, keys: &[u64]) -> BTreeMap<u64, u64> {
    let mut counts = BTreeMap::new();
    for &key in keys {
        *counts.entry(sharder.shard(key)).or_default() += 1;
    }
    counts
}

/// How many of these keys have another owner after the change.
pub fn moved_keys(before: &dyn Sharder, after: &dyn Sharder, keys: &[u64]) -> usize {
    keys.iter().filter(|&&key| before.shard(key) != after.shard(key)).count()
}
