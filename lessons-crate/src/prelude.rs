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
    self, BalanceMode, Documents, HaProxy, HttpBalancer, LabError, LoadResult, Memcached, MongoDb, Nginx,
    RabbitMq, Redis, RedisCluster, RedisGroup, SharedLimiter, StoreDown, WrkResult, ZooKeeper, http,
};
#[cfg(all(feature = "lab-sql", unix))]
pub use crate::lab::{MariaDb, MariaDbGroup, PgBouncer, Postgres, PostgresGroup, Sqlite};
pub use algorithms::cache::{
    self, Cache as _, CacheControl, CachedStore, Cdn, EvictionPolicy, Fifo, Lfu, Lru, MissRatioCurve, S3Fifo,
    SampledLru, Sieve, SingleFlight, Stampede, TtlCache, WTinyLfu, WritePolicy, WriteWorkload,
};
pub use algorithms::causality::{self, Causality, VersionVector};
pub use algorithms::consistency::{self, linearize, session_guarantees};
pub use algorithms::crdt::{self, Crdt, GCounter, LwwRegister, MvRegister, OrSet, PnCounter};
pub use algorithms::data_model::{self, PropertyGraph, WideColumns};
pub use algorithms::display::{MimeBundle, Render};
pub use algorithms::dist::{self, Bimodal, Distribution, Exponential, LogNormal, Pareto, Zipf};
pub use algorithms::feed::{self, FeedCosts};
pub use algorithms::gateway::{self, RadixRouter, Router as _, Shedder};
pub use algorithms::hash;
pub use algorithms::hashing::{
    self, BoundedLoad, HashRing, JumpHash, MaglevTable, Placement as _, Rendezvous, jump_hash, moved_fraction,
};
pub use algorithms::load_balancer::{
    self, Balancer as _, EarliestDeadline, IpHash, JoinIdleQueue, LeastConnections, Maglev, PeakEwma,
    PowerOfTwoChoices, RoundRobin, SmoothWeightedRoundRobin, StaleView, WeightedRandom,
};
pub use algorithms::network::{self, Process as _};
pub use algorithms::normalization::{self, AttrSet, Chase, Fd, NormalForm};
pub use algorithms::partitioning::{self, ColumnQuery, PartitionedTable, RetentionStep, Scheme};
#[cfg(not(target_arch = "wasm32"))]
pub use algorithms::plot::{self, Plot};
pub use algorithms::rate_limit::{
    self, FixedWindow, Gcra, LeakyBucket, PerKey, RateLimiter, SlidingLog, SlidingWindowCounter, TokenBucket,
};
pub use algorithms::replication::{
    self, LeaderFollower, Leaderless, MultiLeader, ReadFrom, ReplicatedRegister, pacelc, pbs, quorum,
};
pub use algorithms::resilience::{
    self, CoDel, GradientLimit, RetryBudget, RetryPolicy, RetryStorm, amplification,
};
pub use algorithms::rng::Rng;
pub use algorithms::scalability::{
    self, MMc, QueueSimulation, ReadPath, Usl, UslFit, amdahl, amdahl_limit, bounds, erlang_b, erlang_c,
    estimate, gustafson, little, load,
};
pub use algorithms::sharding::{
    self, HotKeys, IdGenerator, IdLayout, KeyBased, RangeBased, Sharder, SlotMap, SplitKeys, key_slot,
};
pub use algorithms::simulation::{
    self, DnsRotation, HealthCheck, SimulationResult, compare, comparison, max_load,
};
pub use algorithms::sketch::{
    self, BinaryFuseFilter, BlockedBloomFilter, BloomFilter, CountMin, CountingBloomFilter, CuckooFilter,
    Filter as _, FilterError, HyperLogLog, InsertFilter, RibbonFilter, ScalableBloomFilter, XorFilter,
};
pub use algorithms::stats::{self, Summary};
pub use algorithms::storage::{
    self, BPlusTree, BlockRanges, Compaction, DurableTree, HashIndex, InvertedIndex, LsmOptions, LsmTree,
};
pub use algorithms::table::{self, Table};
pub use algorithms::transaction::{self, explore};

// The crates themselves, for what the library does not wrap.
#[cfg(all(feature = "lab", unix))]
#[doc(no_inline)]
pub use ::{futures_util, lapin, redis};
#[cfg(all(feature = "lab", unix))]
#[doc(no_inline)]
pub use ::mongodb::{self, bson::doc};
#[doc(no_inline)]
pub use ::serde_json::{self, json};
#[cfg(all(feature = "lab-sql", unix))]
#[doc(no_inline)]
pub use ::sqlx;
#[cfg(any(feature = "cell", all(feature = "lab", unix)))]
#[doc(no_inline)]
pub use ::tokio;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// Only a topic's name is new here: its types come with `use lessons::topic::*;`, as from any library.
    const NAMES_MAX: usize = 243;

    /// Names that readers give to things of their own, or know from the standard library and common crates.
    const OF_OTHERS: [&str; 28] = [
        "Cache",
        "Client",
        "Clock",
        "Cluster",
        "Connection",
        "Consumer",
        "Delivery",
        "Error",
        "Event",
        "Filter",
        "History",
        "Message",
        "Node",
        "Post",
        "Process",
        "Queue",
        "Rate",
        "Request",
        "Response",
        "Result",
        "Router",
        "Schema",
        "Server",
        "Service",
        "Session",
        "Settings",
        "Store",
        "User",
    ];

    /// What the glob brings into a cell, by name.
    fn names() -> BTreeSet<String> {
        let source = include_str!("prelude.rs").split("#[cfg(test)]").next().unwrap_or_default();
        let statements = source.split("pub use ").skip(1).filter_map(|rest| rest.split(';').next());
        let names = statements.flat_map(|statement| {
            let (path, inside) = statement.split_once('{').unwrap_or((statement, "self"));
            let last = path.trim_end_matches("::").rsplit("::").next().unwrap_or_default().to_owned();
            let inside =
                inside.trim_end_matches('}').split(',').map(str::trim).filter(|name| !name.is_empty());
            inside.map(move |name| if name == "self" { last.clone() } else { name.to_owned() })
        });
        names.filter(|name| !name.ends_with(" as _")).collect()
    }

    #[test]
    fn it_only_shrinks() {
        let count = names().len();
        assert!(names().contains("sketch") && names().contains("BloomFilter"));
        assert!(count <= NAMES_MAX, "{count} names: give cells the name of the module only");
        assert!(count + 5 > NAMES_MAX, "{count} names: lower NAMES_MAX, so that it stays so");
    }

    #[test]
    fn readers_names_are_theirs() {
        let taken: Vec<_> = OF_OTHERS.into_iter().filter(|name| names().contains(*name)).collect();
        assert!(taken.is_empty(), "{taken:?} should come with `use lessons::topic::*;`");
    }
}
