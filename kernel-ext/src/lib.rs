//! The kernel of System Design in 35 Days, its two doors and its command line.
//!
//! Cells come in as messages of the Jupyter protocol, through ZeroMQ ([`jupyter`]) or through HTTP and
//! WebSocket ([`web`]), and go to one [`session`] per reader, which compiles them with evcxr against the
//! prebuilt [`library`] and runs them in a process of their own.

#![cfg_attr(
    not(feature = "cells"),
    allow(dead_code, reason = "the server alone needs less of what it shares with the kernel")
)]
#![warn(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used)]

mod building;
#[cfg(feature = "cells")]
pub mod client;
pub mod commands;
#[cfg(feature = "cells")]
pub mod handle;
mod journal;
#[cfg(feature = "cells")]
pub mod jupyter;
#[cfg(feature = "cells")]
pub mod jupyterlab;
#[cfg(feature = "cells")]
pub mod kernel;
pub mod kernelspec;
#[cfg(feature = "cells")]
pub mod library;
mod lifetime;
#[cfg(feature = "cells")]
pub mod lines;
pub mod paths;
mod private;
pub mod progress;
pub mod protocol;
#[cfg(feature = "cells")]
mod reference;
#[cfg(feature = "cells")]
pub mod session;
pub mod web;
