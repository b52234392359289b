//! What every cell can use without an import.

pub use crate::cache::{
    self, Cache, CacheControl, CachedStore, Cdn, Clock, Eviction, EvictionPolicy, Fifo, Levels, Lfu,
    Lifetime, Lru, MissRatioCurve, Protection, S3Fifo, SampledLru, Sieve, SingleFlight, Stampede, TtlCache,
    WTinyLfu, WritePolicy, WriteWorkload,
};
#[cfg(feature = "cell")]
#[doc(hidden)]
pub use crate::cell::{self, ShowDebug};
#[cfg(feature = "cell")]
pub use crate::cell::{Live, Progress, clear_output, input, password};
#[cfg(not(target_arch = "wasm32"))]
pub use crate::check::{
    self, Asked, BloomExercise, DeletableExercise, Down, FlightExercise, Follower, GrowingExercise,
    IndexQuery, IndexUse, Kept, LimiterExercise, LruExercise, MoveExercise, OrSetExercise, Pages, PartBounds,
    ReadParts, ReadSession, Refusal, Replicas, RingExercise, RowVersion, Seen, SieveExercise, SmoothWeighted,
    Stored, TakenSnapshot, Tier, Told, TreeExercise, TreePage, Verdict,
};
pub use crate::consistency::{self, History, Operation, linearize, session_guarantees};
pub use crate::crdt::{self, Crdt, GCounter, LwwRegister, MvRegister, OrSet, PnCounter};
pub use crate::data_model::{self, PropertyGraph, WideColumns};
#[cfg(feature = "dataset")]
pub use crate::dataset;
pub use crate::display::{MimeBundle, Render};
pub use crate::dist::{
    self, Bimodal, Constant, Distribution, Exponential, LogNormal, Pareto, Weighted, Zipf,
};
pub use crate::feed::{self, Author, Delivery, FeedCosts, Post, Social, UserId};
pub use crate::gateway::{self, Plan, RadixRouter, Router, Rule, Shedder};
pub use crate::hash;
pub use crate::hashing::{
    self, BoundedLoad, HashRing, JumpHash, MaglevTable, Modulo, Placement, Rendezvous, jump_hash,
    moved_fraction,
};
#[cfg(all(feature = "lab", unix))]
pub use crate::lab::{
    self, Amqp, BalanceMode, Confirm, DocumentStore, Documents, Gateway, HaProxy, HttpBalancer, LabError,
    Link, Load, LoadResult, Memcached, MemoryDocuments, Message, Moment, MongoDb, Nginx, Parts, RabbitMq,
    Reads, Redis, RedisCluster, RedisGroup, Service, SharedLimiter, StoreDown, WrkResult, ZooKeeper,
    document_store, http,
};
#[cfg(all(feature = "lab-sql", unix))]
pub use crate::lab::{MariaDb, MariaDbGroup, PgBouncer, Postgres, PostgresGroup, Rows, Session, Sqlite};
pub use crate::load_balancer::{
    self, Balancer, EarliestDeadline, IpHash, JoinIdleQueue, LeastConnections, Maglev, PeakEwma,
    PowerOfTwoChoices, Random, Request, RoundRobin, SmoothWeightedRoundRobin, StaleView, WeightedRandom,
};
pub use crate::network::{self, Fault, Network, Outbox, Process, Trace};
pub use crate::normalization::{self, AttrSet, Chase, Fd, NormalForm, Schema};
pub use crate::partitioning::{
    self, ColumnQuery, Holds, Month, PartitionedTable, Predicate, RetentionStep, Scheme, Skew,
};
#[cfg(not(target_arch = "wasm32"))]
pub use crate::plot::{self, Plot};
pub use crate::rate_limit::{
    self, FixedWindow, Gcra, LeakyBucket, PerKey, Rate, RateLimiter, SlidingLog, SlidingWindowCounter,
    TokenBucket,
};
pub use crate::replication::{
    self, Causality, LeaderFollower, Leaderless, MultiLeader, ReadFrom, ReplicatedRegister, Settings,
    Topology, VersionVector, pacelc, pbs, quorum,
};
pub use crate::resilience::{
    self, Backoff, CoDel, Deadline, GradientLimit, Hedge, Jitter, RetryBudget, RetryPolicy, RetryStorm,
    amplification,
};
pub use crate::rng::Rng;
pub use crate::scalability::{
    self, MMc, QueueSimulation, ReadPath, Usl, UslFit, amdahl, amdahl_limit, bounds, erlang_b, erlang_c,
    estimate, gustafson, little, load,
};
pub use crate::sharding::{
    self, Directory, HotKeys, IdGenerator, IdLayout, KeyBased, Migration, Phase, Procedure, RangeBased,
    Sharder, SlotMap, SplitKeys, key_slot,
};
pub use crate::simulation::{
    self, DnsRotation, Failure, HealthCheck, Simulation, SimulationResult, compare, comparison, max_load,
};
pub use crate::sketch::{
    self, BinaryFuseFilter, BlockedBloomFilter, BloomFilter, CountMin, CountingBloomFilter, CuckooFilter,
    Filter, FilterError, HyperLogLog, InsertFilter, RibbonFilter, ScalableBloomFilter, XorFilter,
};
pub use crate::stats::{self, Summary};
pub use crate::storage::{
    self, BPlusTree, BlockRanges, Compaction, Disk, DurableTree, HashIndex, InvertedIndex, LsmOptions,
    LsmTree, Split,
};
pub use crate::table::{self, Table};
pub use crate::transaction::{self, Access, Level, Program, Versioned, explore};

// The crates themselves, for what the library does not wrap.
#[cfg(all(feature = "lab", unix))]
#[doc(no_inline)]
pub use ::redis;
#[doc(no_inline)]
pub use ::serde_json::{self, json};
#[cfg(all(feature = "lab-sql", unix))]
#[doc(no_inline)]
pub use ::sqlx;
#[cfg(any(feature = "cell", all(feature = "lab", unix)))]
#[doc(no_inline)]
pub use ::tokio;
