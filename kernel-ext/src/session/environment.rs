//! The environment that the compiler engine needs, set up by starting this program anew in it.
//!
//! The engine reads its settings from environment variables, which a process can set safely only for
//! another one. So the kernel prepares the variables and replaces itself (`exec`), keeping its process id.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::library::{Library, REFERENCE, Settings};
use crate::private;
use crate::reference::Reference;

/// Kernels' folders under the temporary folder start with this; the process id follows, and letters that nobody can
/// foresee.
const FOLDER: &str = "sd35-kernel-";
const FRONT: &str = front::tools::FOLDER;
const PATH_BEFORE: &str = "SD35_PATH";
const TEMPORARY: &str = "EVCXR_TMPDIR";
const CONFIGURATION: &str = "EVCXR_CONFIG_DIR";
const STD_SOURCE: &str = "RUST_SRC_PATH";
/// What is set for the engine, beside `PATH`, and not meant for the reader's own code.
const FOR_THE_ENGINE: [&str; 7] =
    [FRONT, PATH_BEFORE, TEMPORARY, CONFIGURATION, STD_SOURCE, "CARGO", "RUSTC"];

/// A prepared environment, with the folder of the generated crate; the folder goes when this does.
#[derive(Debug)]
pub struct Environment {
    folder: PathBuf,
}

impl Environment {
    /// The environment this process already runs in, if it was prepared.
    pub fn current() -> Option<Self> {
        std::env::var_os(FRONT)?;
        let folder = PathBuf::from(std::env::var_os(TEMPORARY)?);
        let known = folder.file_name()?.to_str()?.starts_with(FOLDER) && private::is_ours(&folder);
        known.then_some(Self { folder })
    }

    /// Replaces this process by itself in a prepared environment. Returns only on failure.
    ///
    /// # Errors
    ///
    /// Fails when the temporary folder cannot be made (a full or read-only disk).
    pub fn enter(library: &Library) -> Result<std::convert::Infallible> {
        let temporary = std::env::temp_dir();
        remove_abandoned();
        let folder = private::folder(&format!("{FOLDER}{}-", std::process::id()), &temporary);
        let folder = folder.with_context(|| {
            format!("cannot make a folder for the session in {}; is the disk full?", temporary.display())
        })?;
        // It outlives this program by the one that takes its place; when that fails, it goes with this function.
        let bin = library.bin();
        let before = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(bin.clone()).chain(std::env::split_paths(&before)))?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(std::env::args_os().skip(1))
            .env("PATH", path)
            .env(PATH_BEFORE, before)
            .env(FRONT, &library.dir)
            .env(TEMPORARY, folder.path())
            .env(CONFIGURATION, library.dir.join("no-configuration"))
            .env(STD_SOURCE, library.dir.join("no-std-source"))
            .env("CARGO", bin.join("cargo"))
            .env("RUSTC", bin.join("rustc"));
        Err(command.exec()).context("the kernel could not start itself again")
    }

    /// The folder of the generated crate.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Tells the front where the reader sees progress: cargo's, when it builds what `:dep` asked for.
    pub(super) fn name_stderr(&self, path: &str) -> std::io::Result<()> {
        std::fs::write(self.folder.join(front::tools::STDERR), path)
    }

    /// The tools that compile cells.
    pub(super) fn settings(&self) -> Result<Settings> {
        let front = std::env::var_os(FRONT).map(PathBuf::from).unwrap_or_default();
        Settings::load(&front).map_err(anyhow::Error::msg)
    }

    /// What is known about the names that a cell can use.
    pub(super) fn reference(&self) -> Reference {
        let front = std::env::var_os(FRONT).map(PathBuf::from).unwrap_or_default();
        Reference::load(&front.join(REFERENCE))
    }

    /// Gives a command for the reader's own code the environment that the kernel was started in.
    pub(super) fn restore(&self, command: &mut Command) {
        for name in FOR_THE_ENGINE {
            command.env_remove(name);
        }
        let path: OsString = std::env::var_os(PATH_BEFORE).unwrap_or_default();
        command.env("PATH", path);
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Removes the folders of kernels that were killed.
pub(crate) fn remove_abandoned() {
    private::remove_left(&std::env::temp_dir(), |name| {
        let rest = name.strip_prefix(FOLDER).and_then(|rest| rest.split_once('-'));
        let kernel = rest.and_then(|(kernel, _)| kernel.parse::<u32>().ok());
        kernel.is_some_and(|kernel| !Path::new("/proc").join(kernel.to_string()).exists())
    });
}
