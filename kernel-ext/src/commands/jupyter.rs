//! `sd35 jupyter`: JupyterLab on the notebooks.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::library::Library;
use crate::{jupyterlab, paths};

/// What to pass on.
#[derive(Debug, Args)]
pub struct Options {
    /// Options for JupyterLab itself, such as --no-browser.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Writes the notebooks, then becomes JupyterLab; does not return when that succeeds.
///
/// # Errors
///
/// Fails with how to get JupyterLab when it is not installed.
pub fn run(options: &Options) -> Result<ExitCode> {
    jupyterlab::find()?;
    Library::prepare(&mut |step| eprintln!("{step}"))?;
    super::site::write()?;
    match jupyterlab::launch(&paths::notebooks(), &options.arguments)? {}
}
