//! `sd35 lab`: the servers of the lessons, from a terminal.
//!
//! The lab is part of the `lessons` library, which is compiled once, for the cells. A program of one line is
//! linked with it, and this one becomes that.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use clap::Args;

use crate::library::Library;

/// What to do; the lab itself reads it.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Options {
    /// doctor, up, status, down or install; `sd35 lab help` says more.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// Runs a command of the lab.
///
/// # Errors
///
/// Fails when the library does not compile, or the program cannot be started.
pub fn run(options: &Options) -> Result<ExitCode> {
    let library = Library::prepare(&mut |step| eprintln!("{step}"))?;
    let program = library.program("lab", "fn main() { lessons::lab::main() }")?;
    let error = Command::new(&program).args(&options.words).exec();
    Err(error).with_context(|| format!("{} could not be started", program.display()))
}
