//! The lab: real servers and clients, started from a cell, used, broken and forgotten.
//!
//! | what | module | of it |
//! |---|---|---|
//! | one shape | [`Server`] | address, process, version, log; killed, paused, resumed, restarted |
//! | key-value | [`Redis`], [`RedisGroup`], [`RedisCluster`], [`Memcached`] | one; replicas and sentinels; shards |
//! | | [`Store`] | the small Redis of our own, for machines without one |
//! | SQL | [`Postgres`], [`PostgresGroup`], [`PgBouncer`] | one, shards; replicas and promotion; a pool (feature `lab-sql`) |
//! | | [`Session`] | one connection of it, for transactions that take turns (feature `lab-sql`) |
//! | | [`MariaDb`], [`MariaDbGroup`], [`Sqlite`] | one, and replicas; inside this process (feature `lab-sql`) |
//! | documents | [`MongoDb`] | a server, or a small one of our own; its client is the official driver, [`mongodb`] |
//! | front doors | [`Nginx`], [`HaProxy`] | balancers, reverse proxy, cache, rate limit |
//! | | [`HttpBalancer`] | a balancer of our own, for machines without them and for policies of yours |
//! | queues | [`RabbitMq`] | exchanges, queues, confirms, acknowledgements; its client is the crate [`lapin`] |
//! | own services | [`Service`] | HTTP, with settable delay, error rate and capacity; or any `tower` service, such as a router of axum |
//! | | [`Parts`] | what it asks before it answers: a filter, a cache, a store |
//! | own gateway | [`Gateway`], [`SharedLimiter`] | routes, keys and tokens, limits (one for many, in Redis), aggregation |
//! | coordination | [`ZooKeeper`] | an ensemble that elects a leader |
//! | links | [`Link`] | a TCP link with delay, loss, throttle, partition |
//! | networks | [`Routers`] | hosts and routers that are network namespaces of the kernel |
//! | load | [`Load`] | open and closed loop, latencies without coordinated omission; the same load by wrk |
//! | what is here | [`doctor`], [`kinds`] | which servers, where, and how to get the rest |
//! | web client | [`http`] | one request, its answer and how long it took |
//!
//! Starting returns a guard. When it is dropped its processes and its folder are gone; when this process
//! ends, in whatever way, a small keeper process removes all of them. Servers listen on free ports of
//! 127.0.0.1, keep everything in a private temporary folder and touch no configuration of the machine.
//!
//! Where a server comes from, in this order: an address in the environment (`SD35_REDIS=127.0.0.1:6379`),
//! then a program on this machine, then, where there is an honest one, a stand-in inside this process.
//! Else the error names the package to install.
//!
//! Unlike the rest of the library this module reads clocks and opens sockets and files. Its functions
//! return boxed futures ([`Task`]), so that a cell which awaits one compiles quickly.

mod body;
mod command;
mod doctor;
mod door;
mod forward;
mod ground;
pub mod http;
mod kind;
mod link;
mod load;
mod own;
mod routers;
mod server;
mod servers;
#[cfg(feature = "sql")]
mod sql;
mod stand_in;
mod words;

#[doc(hidden)]
pub use command::main;
pub use doctor::doctor;
pub use ground::error::{LabError, Task};
pub use kind::Kind;
pub use link::{Link, heal, partition};
pub use load::{Load, LoadResult, Moment, WrkResult};
pub use own::gateway::{Gateway, StoreDown};
pub use own::limiter::SharedLimiter;
pub use own::parts::{Parts, Reads};
pub use own::service::{Service, counts};
pub use routers::{Going, Routers, Said};
pub use server::{Handle, Server};
pub use servers::haproxy::HaProxy;
pub use servers::kinds;
#[cfg(feature = "sql")]
pub use servers::mariadb::{MariaDb, MariaDbGroup};
pub use servers::memcached::Memcached;
pub use servers::mongodb::{
    MongoDb,
    documents::{Documents, Explained},
};
pub use servers::nginx::Nginx;
#[cfg(feature = "sql")]
pub use servers::postgres::{Postgres, bouncer::PgBouncer, group::PostgresGroup};
pub use servers::rabbitmq::RabbitMq;
pub use servers::redis::{Redis, Reply, cluster::RedisCluster, group::RedisGroup};
pub use servers::zookeeper::ZooKeeper;
#[cfg(feature = "sql")]
pub use sql::{Plan, Rows, Session, Sqlite};
pub use stand_in::balancer::{BalanceMode, HttpBalancer};
pub use stand_in::resp::{Frame, Store};
