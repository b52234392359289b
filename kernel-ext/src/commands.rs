//! The subcommands of `sd35`, one module each.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command answers whoever typed it")]

pub mod build;
pub mod check;
pub mod jupyter;
pub mod kernel;
pub mod lab;
pub mod progress;
pub mod serve;
