//! The algorithms that every cell can use without an import.

pub use crate::authn;
pub use crate::cache::{
    self, CacheControl, CachedStore, Cdn, EvictionPolicy, Fifo, Lfu, Lru, MissRatioCurve, S3Fifo, SampledLru,
    Sieve, SingleFlight, Stampede, TtlCache, WTinyLfu, WritePolicy, WriteWorkload,
};
pub use crate::causality::{self, Causality, VersionVector};
pub use crate::consistency::{self, linearize, session_guarantees};
pub use crate::crdt::{self, Crdt, GCounter, LwwRegister, MvRegister, OrSet, PnCounter};
pub use crate::data_model::{self, PropertyGraph, WideColumns};
pub use crate::display::{MimeBundle, Render};
pub use crate::dist::{self, Bimodal, Distribution, Exponential, LogNormal, Pareto, Zipf};
pub use crate::dns;
pub use crate::feed::{self, FeedCosts};
pub use crate::gateway::{self, RadixRouter, Router as _, Shedder};
pub use crate::graphql;
pub use crate::grpc;
pub use crate::hash;
pub use crate::hashing::{
    self, BoundedLoad, HashRing, JumpHash, MaglevTable, Placement as _, Rendezvous, jump_hash, moved_fraction,
};
pub use crate::http2;
pub use crate::load_balancer::{
    self, Balancer as _, EarliestDeadline, IpHash, JoinIdleQueue, LeastConnections, Maglev, PeakEwma,
    PowerOfTwoChoices, RoundRobin, SmoothWeightedRoundRobin, StaleView, WeightedRandom,
};
pub use crate::net;
pub use crate::network::{self, Process as _};
pub use crate::normalization::{self, AttrSet, Chase, Fd, NormalForm};
pub use crate::partitioning::{self, ColumnQuery, PartitionedTable, RetentionStep, Scheme};
#[cfg(not(target_arch = "wasm32"))]
pub use crate::plot::{self, Plot};
pub use crate::protobuf;
pub use crate::proxy;
pub use crate::rate_limit::{
    self, FixedWindow, Gcra, LeakyBucket, PerKey, RateLimiter, SlidingLog, SlidingWindowCounter, TokenBucket,
};
pub use crate::replication::{
    self, LeaderFollower, Leaderless, MultiLeader, ReadFrom, ReplicatedRegister, pacelc, pbs, quorum,
};
pub use crate::resilience::{
    self, CoDel, GradientLimit, RetryBudget, RetryPolicy, RetryStorm, amplification,
};
pub use crate::rng::Rng;
pub use crate::scalability::{
    self, MMc, QueueSimulation, ReadPath, Usl, UslFit, amdahl, amdahl_limit, bounds, erlang_b, erlang_c,
    estimate, gustafson, little, load,
};
pub use crate::sharding::{
    self, HotKeys, IdGenerator, IdLayout, KeyBased, RangeBased, Sharder, SlotMap, SplitKeys, key_slot,
};
pub use crate::simulation::{
    self, DnsRotation, HealthCheck, SimulationResult, compare, comparison, max_load,
};
pub use crate::sketch::{
    self, BinaryFuseFilter, BlockedBloomFilter, BloomFilter, CountMin, CountingBloomFilter, CuckooFilter,
    Filter as _, FilterError, HyperLogLog, InsertFilter, RibbonFilter, ScalableBloomFilter, XorFilter,
};
pub use crate::stats::{self, Summary};
pub use crate::storage::{
    self, BPlusTree, BlockRanges, Compaction, DurableTree, HashIndex, InvertedIndex, LsmOptions, LsmTree,
};
pub use crate::table::{self, Table};
pub use crate::transaction::{self, explore};
pub use crate::websocket;
