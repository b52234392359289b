//! The subcommands of `sd35`, one module each.

#![expect(clippy::print_stdout, reason = "a command answers whoever typed it")]
#![cfg_attr(feature = "cells", expect(clippy::print_stderr, reason = "a command answers whoever typed it"))]

#[cfg(feature = "cells")]
pub mod build;
#[cfg(feature = "cells")]
pub mod check;
#[cfg(feature = "cells")]
pub mod jupyter;
#[cfg(feature = "cells")]
pub mod kernel;
#[cfg(feature = "cells")]
pub mod lab;
pub mod progress;
pub mod serve;
mod site;
