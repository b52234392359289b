//! Real servers, one file each: programs of this machine, started privately.
//!
//! A new one is its file, ending in a `KIND`, and two lines here. A test says which other lists lack it.

pub(crate) mod haproxy;
#[cfg(feature = "sql")]
pub(crate) mod mariadb;
pub(crate) mod memcached;
pub(crate) mod mongodb;
pub(crate) mod nginx;
#[cfg(feature = "sql")]
pub(crate) mod postgres;
pub(crate) mod rabbitmq;
pub(crate) mod redis;
pub(crate) mod zookeeper;

use crate::kind::Kind;
use crate::load::wrk;
use crate::routers;

/// Every server that the lab knows, and the tools beside them: the one list that everything reads.
pub fn kinds() -> &'static [&'static Kind] {
    KINDS
}

const KINDS: &[&Kind] = &[
    &redis::KIND,
    &memcached::KIND,
    #[cfg(feature = "sql")]
    &postgres::KIND,
    #[cfg(feature = "sql")]
    &postgres::bouncer::KIND,
    #[cfg(feature = "sql")]
    &mariadb::KIND,
    &rabbitmq::KIND,
    &mongodb::KIND,
    &zookeeper::KIND,
    &nginx::KIND,
    &haproxy::KIND,
    &wrk::KIND,
    &routers::KINDS[0],
    &routers::KINDS[1],
    &routers::KINDS[2],
    &routers::KINDS[3],
    &routers::KINDS[4],
];
