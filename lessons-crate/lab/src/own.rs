//! Services of our own, inside this process, that use the servers.

pub(crate) mod gateway;
pub(crate) mod limiter;
pub(crate) mod parts;
pub(crate) mod service;
