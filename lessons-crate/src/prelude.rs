//! What every cell can use without an import.

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
pub use crate::dataset;
#[cfg(all(feature = "lab", unix))]
pub use crate::lab::{
    self, Amqp, BalanceMode, Confirm, DocumentStore, Documents, Gateway, HaProxy, HttpBalancer, LabError,
    Link, Load, LoadResult, Memcached, MemoryDocuments, Message, Moment, MongoDb, Nginx, Parts, RabbitMq,
    Reads, Redis, RedisCluster, RedisGroup, Service, SharedLimiter, StoreDown, WrkResult, ZooKeeper,
    document_store, http,
};
#[cfg(all(feature = "lab-sql", unix))]
pub use crate::lab::{MariaDb, MariaDbGroup, PgBouncer, Postgres, PostgresGroup, Rows, Session, Sqlite};
pub use algorithms::cache::{
    self, Cache, CacheControl, CachedStore, Cdn, Clock, Eviction, EvictionPolicy, Fifo, Levels, Lfu,
    Lifetime, Lru, MissRatioCurve, Protection, S3Fifo, SampledLru, Sieve, SingleFlight, Stampede, TtlCache,
    WTinyLfu, WritePolicy, WriteWorkload,
};
pub use algorithms::causality::{self, Causality, VersionVector};
pub use algorithms::consistency::{self, History, Operation, linearize, session_guarantees};
pub use algorithms::crdt::{self, Crdt, GCounter, LwwRegister, MvRegister, OrSet, PnCounter};
pub use algorithms::data_model::{self, PropertyGraph, WideColumns};
pub use algorithms::display::{MimeBundle, Render};
pub use algorithms::dist::{
    self, Bimodal, Constant, Distribution, Exponential, LogNormal, Pareto, Weighted, Zipf,
};
pub use algorithms::feed::{self, Author, Delivery, FeedCosts, Post, Social, UserId};
pub use algorithms::gateway::{self, Plan, RadixRouter, Router, Rule, Shedder};
pub use algorithms::hash;
pub use algorithms::hashing::{
    self, BoundedLoad, HashRing, JumpHash, MaglevTable, Modulo, Placement, Rendezvous, jump_hash,
    moved_fraction,
};
pub use algorithms::load_balancer::{
    self, Balancer, EarliestDeadline, IpHash, JoinIdleQueue, LeastConnections, Maglev, PeakEwma,
    PowerOfTwoChoices, Random, Request, RoundRobin, SmoothWeightedRoundRobin, StaleView, WeightedRandom,
};
pub use algorithms::network::{self, Fault, Network, Outbox, Process, Trace};
pub use algorithms::normalization::{self, AttrSet, Chase, Fd, NormalForm, Schema};
pub use algorithms::partitioning::{
    self, ColumnQuery, Holds, Month, PartitionedTable, Predicate, RetentionStep, Scheme, Skew,
};
#[cfg(not(target_arch = "wasm32"))]
pub use algorithms::plot::{self, Plot};
pub use algorithms::rate_limit::{
    self, FixedWindow, Gcra, LeakyBucket, PerKey, Rate, RateLimiter, SlidingLog, SlidingWindowCounter,
    TokenBucket,
};
pub use algorithms::replication::{
    self, LeaderFollower, Leaderless, MultiLeader, ReadFrom, ReplicatedRegister, Settings, Topology, pacelc,
    pbs, quorum,
};
pub use algorithms::resilience::{
    self, Backoff, CoDel, Deadline, GradientLimit, Hedge, Jitter, RetryBudget, RetryPolicy, RetryStorm,
    amplification,
};
pub use algorithms::rng::Rng;
pub use algorithms::scalability::{
    self, MMc, QueueSimulation, ReadPath, Usl, UslFit, amdahl, amdahl_limit, bounds, erlang_b, erlang_c,
    estimate, gustafson, little, load,
};
pub use algorithms::sharding::{
    self, Directory, HotKeys, IdGenerator, IdLayout, KeyBased, Migration, Phase, Procedure, RangeBased,
    Sharder, SlotMap, SplitKeys, key_slot,
};
pub use algorithms::simulation::{
    self, DnsRotation, Failure, HealthCheck, Simulation, SimulationResult, compare, comparison, max_load,
};
pub use algorithms::sketch::{
    self, BinaryFuseFilter, BlockedBloomFilter, BloomFilter, CountMin, CountingBloomFilter, CuckooFilter,
    Filter, FilterError, HyperLogLog, InsertFilter, RibbonFilter, ScalableBloomFilter, XorFilter,
};
pub use algorithms::stats::{self, Summary};
pub use algorithms::storage::{
    self, BPlusTree, BlockRanges, Compaction, Disk, DurableTree, HashIndex, InvertedIndex, LsmOptions,
    LsmTree, Split,
};
pub use algorithms::table::{self, Table};
pub use algorithms::transaction::{self, Access, Level, Program, Versioned, explore};

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
