//! Scalability: what more hardware gives, and what waiting costs.
//!
//! | item | answers |
//! |---|---|
//! | [`amdahl`], [`gustafson`] | how much faster is one fixed job, or one that grows, on `n` processors? |
//! | [`Usl`], [`Usl::fit`] | where does a measured system stop scaling, and where does it get slower? |
//! | [`little`] | how many requests are in flight, and do three reported numbers fit together? |
//! | [`MMc`], [`erlang_b`], [`erlang_c`] | how long do requests wait, and how many servers do they need? |
//! | [`QueueSimulation`] | the same, measured, for any arrival and service times |
//! | [`ReadPath`] | what does a service do that reads through a filter and a cache from a store? |
//! | [`bounds`] | which resource is the bottleneck, and what does a closed system reach? |
//! | [`load`] | what does a load test with waiting users not see? |
//! | [`estimate`] | what does a system need, on the back of an envelope? |
//!
//! Times, rates and counts are `f64`, because the formulas are: a rate is per the same unit in which the
//! times are given, usually seconds. For a cluster in which each backend has its own queue, see
//! [`crate::simulation`].

pub mod bounds;
pub mod estimate;
pub mod little;
pub mod load;
mod queue;
mod queue_simulation;
mod read_path;
mod speedup;
mod usl;

pub use queue::{MMc, QueueError, erlang_b, erlang_c, general_wait, square_root_staffing};
pub use queue_simulation::{Job, QueueRun, QueueSimulation};
pub use read_path::ReadPath;
pub use speedup::{amdahl, amdahl_limit, cost, gustafson};
pub use usl::{FitError, Usl, UslFit};
