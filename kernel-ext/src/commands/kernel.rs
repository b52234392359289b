//! `sd35 kernel`: run a kernel, or tell Jupyter about it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::library::Library;
use crate::session::Environment;
use crate::{jupyter, kernel, kernelspec, lifetime, lines, paths};

/// Where the kernel is registered; by default in the user's own Jupyter folder.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct Location {
    /// The user's Jupyter folder (`JUPYTER_DATA_DIR` is respected).
    #[arg(long)]
    user: bool,
    /// The Python environment in use.
    #[arg(long)]
    sys_prefix: bool,
    /// This installation folder, such as /usr/local.
    #[arg(long, value_name = "FOLDER")]
    prefix: Option<PathBuf>,
}

impl Location {
    fn resolve(&self) -> kernelspec::Location {
        match (&self.prefix, self.sys_prefix) {
            (Some(prefix), _) => kernelspec::Location::Prefix(prefix.clone()),
            (None, true) => kernelspec::Location::SysPrefix,
            (None, false) => kernelspec::Location::User,
        }
    }
}

/// Registers the kernel, and prepares the library so that the first notebook starts at once.
///
/// # Errors
///
/// Fails when the folder cannot be written, or the library does not compile.
pub fn install(location: &Location) -> Result<ExitCode> {
    Library::prepare(&mut |step| eprintln!("{step}"))?;
    let folder = kernelspec::install(&location.resolve())?;
    println!("The kernel is registered in {}", folder.display());
    println!("In Jupyter, choose \"Rust (System Design in 35 Days)\".");
    Ok(ExitCode::SUCCESS)
}

/// Prepares the library, and with `pages` its documentation.
///
/// # Errors
///
/// Fails when the library does not compile, or a folder cannot be written.
pub fn prepare(pages: bool) -> Result<ExitCode> {
    let library = Library::prepare(&mut |step| eprintln!("{step}"))?;
    if pages {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(library.write_pages(&paths::library_pages()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Removes the registration.
///
/// # Errors
///
/// Fails when there is none, or it cannot be removed.
pub fn uninstall(location: &Location) -> Result<ExitCode> {
    let folder = kernelspec::uninstall(&location.resolve())?;
    println!("Removed {}", folder.display());
    Ok(ExitCode::SUCCESS)
}

/// Waits for the end of a kernel and cleans up after it.
pub fn guard(kernel: u32, folder: &Path) -> ExitCode {
    lifetime::guard(kernel, folder);
    ExitCode::SUCCESS
}

/// Runs a kernel on ZeroMQ, or on lines of JSON without a connection file.
///
/// # Errors
///
/// Fails when the library cannot be prepared, or the transport cannot be opened.
pub fn run(connection_file: Option<&Path>) -> Result<ExitCode> {
    let Some(environment) = Environment::current() else {
        // `sd35 serve` has said it already.
        if connection_file.is_some() {
            super::say_if_root();
        }
        let library = Library::prepare(&mut |step| eprintln!("{step}"))?;
        match Environment::enter(&library)? {}
    };
    let folder = environment.folder().to_owned();
    lifetime::start_guard(&folder).context("no process left to clean up after the kernel")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let result = runtime.block_on(async {
        let handle = kernel::start(environment);
        match connection_file {
            Some(file) => jupyter::run(file, &folder, handle).await,
            None => lines::run(handle).await.context("the other end of the pipe is gone"),
        }
    });
    // A kernel that had to be left behind did not clean up.
    let _ = std::fs::remove_dir_all(folder);
    result?;
    Ok(ExitCode::SUCCESS)
}
