//! Opens JupyterLab, if there is one, with our kernel in its list.

use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::{kernelspec, paths};

/// Replaces this process by JupyterLab on the folder `notebooks`; `arguments` are passed on.
///
/// Nothing has to be registered first: the kernel is listed through `JUPYTER_PATH`.
///
/// # Errors
///
/// Fails when there is no JupyterLab (saying how to get it), or it cannot be started.
pub fn launch(notebooks: &Path, arguments: &[OsString]) -> Result<Infallible> {
    let mut command = find()?;
    let data = paths::cache()?.join("jupyter");
    kernelspec::install_in(&data)?;
    let known = std::env::var_os("JUPYTER_PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(data).chain(std::env::split_paths(&known)))?;
    let mut root = OsString::from("--ServerApp.root_dir=");
    root.push(notebooks);
    command
        .arg(root)
        .arg(format!("--MultiKernelManager.default_kernel_name={}", kernelspec::NAME))
        // By files that only this user can open, instead of ports of this machine.
        .arg("--KernelManager.transport=ipc")
        .args(arguments)
        .env("JUPYTER_PATH", path);
    Err(command.exec()).context("JupyterLab was found but could not be started")
}

/// The command that starts JupyterLab: from a `.venv` in the course's folder, else from the path.
pub(crate) fn find() -> Result<Command> {
    let own = paths::root().join(".venv").join("bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = || std::iter::once(own.clone()).chain(std::env::split_paths(&path));
    let in_folders = |name: &str| folders().map(|folder| folder.join(name)).find(|file| file.is_file());
    let candidates: [(Option<PathBuf>, &[&str]); 3] = [
        (in_folders("jupyter-lab"), &[]),
        (in_folders("jupyter"), &["lab"]),
        (in_folders("python3"), &["-m", "jupyterlab"]),
    ];
    for (program, arguments) in candidates {
        if let Some(program) = program
            && runs(program.as_os_str(), arguments)
        {
            let mut command = Command::new(program);
            command.args(arguments);
            return Ok(command);
        }
    }
    bail!(
        "JupyterLab is not on this machine; in {} run `python3 -m venv .venv && .venv/bin/pip install jupyterlab`, \
         then `sd35 jupyter` again",
        paths::root().display()
    )
}

/// A file of that name may belong to an environment that is gone, or lack the part we need.
fn runs(program: &OsStr, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
