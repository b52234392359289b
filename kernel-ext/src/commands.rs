//! The subcommands of `sd35`, one module each.

pub mod build;
pub mod check;
pub mod jupyter;
pub mod kernel;
pub mod lab;
pub mod progress;
pub mod serve;
