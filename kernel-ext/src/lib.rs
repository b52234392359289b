//! The kernel of System Design in 35 Days, its two doors and its command line.
//!
//! Cells come in as messages of the Jupyter protocol, through ZeroMQ ([`jupyter`]) or through HTTP and
//! WebSocket ([`web`]), and go to one [`session`] per reader, which compiles them with evcxr against the
//! prebuilt [`library`] and runs them in a process of their own.

#![warn(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used)]

pub mod client;
pub mod commands;
pub mod handle;
pub mod jupyter;
pub mod jupyterlab;
pub mod kernel;
pub mod kernelspec;
pub mod library;
mod lifetime;
pub mod lines;
pub mod paths;
pub mod progress;
pub mod protocol;
mod reference;
pub mod session;
pub mod web;
