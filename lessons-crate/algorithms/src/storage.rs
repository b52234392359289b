//! Storage engines: how a table finds its rows on a disk, and what a write costs for it.
//!
//! | structure | choose it when | a lookup reads | a write costs |
//! |---|---|---|---|
//! | [`BPlusTree`] | equality, ranges, order: the general default | its height in pages | a page, whatever the size of the entry |
//! | [`HashIndex`] | equality only | 1 page | a page |
//! | [`LsmTree`] | writes come faster than a disk can update in place | up to 1 block a run; filters save most | each entry is written once per merge |
//! | [`InvertedIndex`] | many words to a document | the lists of the words asked for | one posting for each word |
//! | [`BlockRanges`] | a large table in the order of the column | the pages whose range fits | next to nothing |
//!
//! The data lives on a [`Disk`] or in a [`Pager`], both in memory: they count what is read and written. A disk can also
//! be cut off at any byte of what was written, which is how [`DurableTree`] (a B+ tree with a write-ahead log) and
//! [`LsmTree`] are shown to survive a crash. [`formula`] has what theory says.

mod b_plus_tree;
mod block_ranges;
mod disk;
mod durable_tree;
pub mod formula;
mod hash_index;
mod inverted_index;
pub mod journal;
mod lsm_tree;
mod pager;

pub use b_plus_tree::{BPlusTree, Scan, Split, TreeShape};
pub use block_ranges::BlockRanges;
pub use disk::{Disk, DiskCounts};
pub use durable_tree::DurableTree;
pub use hash_index::HashIndex;
pub use inverted_index::{InvertedIndex, Matches};
pub use lsm_tree::{Compaction, LsmOptions, LsmTree};
pub use pager::{PageCounts, PageId, Pager};

/// What can be wrong with data that is opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// A file does not hold what its checksums or its table of contents say.
    #[error("{file} is damaged ({problem}): restore it from a copy")]
    Damaged {
        /// Which file.
        file: String,
        /// What does not fit.
        problem: &'static str,
    },
}

#[cfg(test)]
mod crash_tests;
