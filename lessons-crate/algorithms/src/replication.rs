//! Several copies: what each way of keeping them together costs and promises.
//!
//! | who takes writes | module | what there is to see |
//! |---|---|---|
//! | one leader, followed | [`LeaderFollower`] | lag, acknowledgments, what is lost with a leader |
//! | several leaders | [`MultiLeader`], [`conflicts`] | concurrent writes, and what becomes of them ([`crate::crdt`]) |
//! | any replica (leaderless, peer to peer) | [`Leaderless`] | N, R, W, siblings, sloppy quorums, hints |
//! | one register, any of these | [`ReplicatedRegister`] | histories, for [`crate::consistency`] |
//!
//! [`VersionVector`](crate::causality::VersionVector) tells which of two versions is newer, or that neither is.
//!
//! # One register
//!
//! Choose [`Settings`], put them into a [`ReplicatedRegister`] with delays, faults and operations, run it, and
//! look at the [`Run`]: its history (for [`crate::consistency`]), its latencies, its messages.
//!
//! | settings | in a partition | else | PACELC |
//! |---|---|---|---|
//! | [`Settings::abd`] | the minority refuses | reads and writes wait for a majority, twice | PC/EC |
//! | [`Settings::abd`] + [`answer_in_partition`](Settings::answer_in_partition) | everyone answers, after its patience | as above | PA/EC |
//! | [`Settings::leader`] with 1 ack + [`local_reads`](Settings::local_reads) | writes are refused where the leader is out of reach | reads are local and may be stale | PC/EL |
//! | [`Settings::quorum`] with R = W = 1 + [`answer_in_partition`](Settings::answer_in_partition) | everyone answers | everything is local | PA/EL |
//!
//! [`pacelc`] finds the label of any settings by experiment. [`quorum`] has the formulas, [`pbs`] the
//! probability of a stale read.
//!
//! # Sources
//!
//! D. J. Abadi, "Consistency Tradeoffs in Modern Distributed Database System Design", IEEE Computer 45(2),
//! 2012, doi:10.1109/MC.2012.33. S. Gilbert, N. Lynch, "Brewer's Conjecture and the Feasibility of Consistent,
//! Available, Partition-Tolerant Web Services", ACM SIGACT News 33(2), 2002, doi:10.1145/564585.564601.
//! H. Attiya, A. Bar-Noy, D. Dolev, "Sharing Memory Robustly in Message-Passing Systems", JACM 42(1), 1995,
//! doi:10.1145/200836.200869; with several writers: N. Lynch, A. Shvartsman, "Robust Emulation of Shared
//! Memory Using Dynamic Quorum-Acknowledged Broadcasts", FTCS 1997, doi:10.1109/FTCS.1997.614100.
//! G. DeCandia et al., "Dynamo: Amazon's Highly Available Key-value Store", SOSP 2007,
//! doi:10.1145/1294261.1294281 (for N, R, W and read repair). R. H. Thomas, "A Majority Consensus Approach to
//! Concurrency Control for Multiple Copy Databases", ACM TODS 4(2), 1979, doi:10.1145/320071.320076 (for
//! last writer wins).

mod cap;
mod client;
mod leader_follower;
mod leaderless;
mod message;
mod multi_leader;
mod node;
mod pacelc;
pub mod pbs;
pub mod quorum;
mod register;
mod replica;
mod run;
mod settings;
#[cfg(test)]
mod tests;

pub use cap::{CapCase, two_nodes};
pub use leader_follower::{LeaderFollower, LogRun, ReadFrom, Reads, Written};
pub use leaderless::{Leaderless, Refused};
pub use message::{Message, Request, Response, Version, Versioned};
pub use multi_leader::{Conflicts, MultiLeader, MultiLeaderRun, Topology, conflicts};
pub use pacelc::{Observed, pacelc};
pub use register::ReplicatedRegister;
pub use run::{Outcome, Run};
pub use settings::{Protocol, Settings, Versions};
