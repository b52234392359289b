//! The API gateway: what happens to a request before business code sees it.
//!
//! | duty | module | of it |
//! |---|---|---|
//! | what it should do | [`plan`] | routes, groups of backends, who may come, how often: one declaration |
//! | routing | [`LinearRouter`], [`PrefixRouter`], [`RadixRouter`] | the route of a path; [`clean_path`] first |
//! | authentication | [`hmac_sha256`], [`token`] | who is it? Signed tokens, and how they are forged |
//! | rate limiting | [`rate_limit`](crate::rate_limit) | how often may they? |
//! | aggregation | [`aggregate`] | one answer of many, and its tail |
//! | two versions | [`canary`] | who gets the new one |
//! | too much at once | [`Shedder`], [`AimdLimit`] | whom to turn away; how many at once, found out |
//! | the same elsewhere | [`kong`], [`nginx`] | the plan as configuration of Kong and of nginx |
//!
//! All of it is pure; `lab::Gateway` runs a plan on sockets.

pub mod aggregate;
pub mod base64url;
pub mod canary;
pub mod concurrency;
mod hmac;
pub mod kong;
pub mod nginx;
mod path;
pub mod plan;
mod router;
mod shedding;
pub mod token;

pub use concurrency::AimdLimit;
pub use hmac::{equal_in_constant_time, hmac_sha256};
pub use path::{PathError, clean_path};
pub use plan::{Access, Plan, Rule};
pub use router::{
    LinearRouter, PrefixRouter, RadixRouter, RouteError, RouteMatch, Router, sample_paths, sample_routes,
};
pub use shedding::{Priority, Shed, Shedder, shed};
