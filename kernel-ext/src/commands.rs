//! The subcommands of `sd35`, one module each.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command answers whoever typed it")]

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

/// Says plainly what it means to run all this as root.
fn say_if_root() {
    if rustix::process::geteuid().is_root() {
        eprintln!(
            "This runs as root, and so does every cell: a mistake in one can change anything on this machine. \
             An ordinary user is enough."
        );
    }
}
