//! Transactions: what two of them, running at once, may see and spoil of each other.
//!
//! [`Versioned`] is a small database that keeps versions, as PostgreSQL, Oracle and InnoDB do. [`Program`]s are
//! transactions written down step by step, [`run`] carries out one interleaving of them, and [`explore`] all.
//!
//! | level | reads see | refuses at commit | anomalies left |
//! |---|---|---|---|
//! | [`Level::ReadCommitted`] | the newest commit, at each read | nothing | unrepeatable read, lost update, write skew |
//! | [`Level::Snapshot`] | the commits from before it began | a second change of the same value | write skew |
//! | [`Level::Serializable`] | the same | also a dangerous structure of reads and writes | none |
//!
//! [`serial_order`] asks the classic question of a schedule: is there an order of the transactions, one after
//! the other, that comes to the same?

mod explore;
mod serial;
#[cfg(test)]
mod tests;
mod versioned;

pub use explore::{Explored, Outcome, Program, Seen, explore, interleavings, run};
pub use serial::{Access, serial_order};
pub use versioned::{Level, TransactionError, TransactionId, Versioned};
