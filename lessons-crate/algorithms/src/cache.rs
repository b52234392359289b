//! Caches: what stays close, for how long, and what that costs when it is missing, stale or all expires at once.
//!
//! A [`Cache`] has room for so many keys. What leaves when it is full is up to an [`EvictionPolicy`]:
//!
//! | policy | evicts | on a hit | good at | bad at |
//! |---|---|---|---|---|
//! | [`Fifo`] | what came first | nothing | simplicity | popular keys |
//! | [`Lru`] | what was not asked for the longest | moves an entry | recency, shifts | scans, loops |
//! | [`SampledLru`] | the oldest of a few at random | writes a time | little to keep: Redis | as LRU |
//! | [`Clock`] | the next that was not asked for | sets a bit | LRU without its moves | as LRU |
//! | [`Lfu`] | what was asked for least often | moves an entry | fixed popularity | shifts: never forgets |
//! | [`Sieve`] | the next not asked for, newcomers first | sets a bit | web traffic | loops |
//! | [`S3Fifo`] | newcomers not asked for twice | raises a count | web traffic, scans, loops | |
//! | [`WTinyLfu`] | the less popular of two | counts in a sketch | all of these | cost of a request |
//!
//! [`Eviction`] names them for experiments; [`optimal`] is what none can beat, [`MissRatioCurve`] gives LRU at every
//! capacity from one pass, [`theory`] what to expect, and [`trace`] the traffic.
//!
//! | what else goes wrong | module |
//! |---|---|
//! | a value is old | [`TtlCache`], [`jitter`]; [`WritePolicy`], [`CachedStore`]; [`race`] |
//! | everyone computes the same value at once | [`Stampede`], [`x_fetch`], [`SingleFlight`] |
//! | keys that do not exist are asked for | [`TtlCache::get_or_load`] |
//! | one cache is too far away or too small | [`Levels`], [`Cdn`], [`CacheControl`] |

mod bounded;
mod cdn;
mod clock;
mod eviction;
mod fifo;
mod http;
mod index;
mod levels;
mod lfu;
mod list;
mod lru;
pub mod optimal;
mod policy;
pub mod race;
mod s3_fifo;
mod sampled_lru;
mod sieve;
mod single_flight;
mod stack;
mod stampede;
#[cfg(test)]
mod tests;
pub mod theory;
pub mod trace;
mod ttl;
mod w_tiny_lfu;
mod write;

pub use bounded::Cache;
pub use cdn::{Answered, Cdn, CdnResponse};
pub use clock::Clock;
pub use eviction::{Eviction, over_time};
pub use fifo::Fifo;
pub use http::{CacheControl, Serve};
pub use levels::{Levels, LevelsResult};
pub use lfu::Lfu;
pub use lru::Lru;
pub use policy::EvictionPolicy;
pub use s3_fifo::S3Fifo;
pub use sampled_lru::SampledLru;
pub use sieve::Sieve;
pub use single_flight::{Role, SingleFlight};
pub use stack::MissRatioCurve;
pub use stampede::{Protection, Stampede, StampedeResult, x_fetch};
pub use ttl::{Lifetime, TtlCache, jitter, simulate_ttl};
pub use w_tiny_lfu::WTinyLfu;
pub use write::{CachedStore, WriteCounts, WritePolicy, WriteWorkload};
