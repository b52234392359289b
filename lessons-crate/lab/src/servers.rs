//! Real servers, one file each: programs of this machine, started privately.

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
