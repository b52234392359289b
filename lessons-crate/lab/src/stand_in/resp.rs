//! A small server that speaks the Redis protocol, for machines without Redis, and to read.
//!
//! It keeps strings, hashes, lists, sets and sorted sets with expiry, and knows transactions (`MULTI`,
//! `WATCH`) and channels (`SUBSCRIBE`). It has one database and no persistence, replication, scripts,
//! streams, blocking commands, patterns of channels or memory limit; it says so to whoever asks for them.
//! Replies are those of Redis 7, in RESP2.
//!
//! [`Store`] is the data and the commands: pure, with the time as an argument. The server around it
//! takes one command at a time, as Redis does.
//!
//! # Sources
//!
//! Redis documentation, "Redis serialization protocol specification" and the pages of the commands.

mod collections;
mod frame;
mod server;
mod sorted;
mod store;
mod strings;
mod value;

pub use frame::Frame;
pub(crate) use server::Shared;
pub use store::Store;
