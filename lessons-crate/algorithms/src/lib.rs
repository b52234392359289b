//! Every algorithm of System Design in 35 Days, by topic.
//!
//! They are pure: they read no clock, no file, no socket and no global randomness. Time and randomness are
//! arguments, so the same seed gives the same result on every machine, also in a browser (`plot` apart, all of it
//! compiles to `wasm32-unknown-unknown`). Cells see these modules as those of `lessons`, whose first page is their map.

pub mod authn;
pub mod cache;
pub mod causality;
pub mod consistency;
pub mod crdt;
pub mod data_model;
pub mod display;
pub mod dist;
pub mod dns;
pub mod feed;
#[cfg(test)]
pub(crate) mod fuzz;
pub mod gateway;
pub mod graphql;
pub mod grpc;
pub mod hash;
pub mod hashing;
pub mod http;
pub mod http2;
pub mod interrupt;
pub mod load_balancer;
pub mod net;
pub mod network;
pub mod normalization;
pub mod partitioning;
#[cfg(not(target_arch = "wasm32"))]
pub mod plot;
pub mod prelude;
pub mod protobuf;
pub mod proxy;
pub mod rate_limit;
pub mod replication;
pub mod resilience;
pub mod rest;
pub mod rng;
pub mod scalability;
pub mod sharding;
pub mod simulation;
pub mod sketch;
pub mod stats;
pub mod storage;
pub mod table;
pub mod transaction;
pub mod websocket;
