//! Stands between the engine (evcxr) and the compiler.
//!
//! The engine writes a crate for every cell and runs `cargo build` on it. Here is what is done to that crate
//! before it is compiled ([`steps`]), and the program that the engine takes for its `cargo` ([`tools`]). The
//! kernel uses the first, and `sd35-front` is the second: a small program that starts fast, and does not change
//! with the rest of the kernel.

#![warn(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used)]

mod assembled;
mod code;
pub mod crates;
pub mod dependencies;
pub mod generated;
mod learned;
pub mod marks;
pub mod plan;
pub mod settings;
pub mod steps;
mod substitute;
pub mod tools;
pub mod types;
