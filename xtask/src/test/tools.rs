//! What the tests need of the system: Debian packages, and Python tools in a folder of their own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::count::{Counts, whole};
use crate::changed::Scope;
use crate::{Result, release_folder, root};

pub(super) fn packages(_: &Scope, counts: &mut Counts) -> Result<()> {
    let wanted =
        std::fs::read_to_string(root().join("xtask/packages.txt")).map_err(|error| error.to_string())?;
    let missing: Vec<&str> = wanted
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter(|package| !installed(package))
        .collect();
    if !missing.is_empty() {
        println!("installing {}", missing.join(", "));
        let mut update = privileged("apt-get");
        update.args(["update", "-qq"]);
        let _ = update.status();
        let mut install = privileged("apt-get");
        install.args(["install", "--yes", "-qq", "--no-install-recommends"]).args(&missing);
        install.env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
        whole(install, counts)
            .map_err(|why| format!("apt-get could not install {}: {why}", missing.join(", ")))?;
    }
    let python = venv().join("bin/python");
    if !python.exists() {
        let mut make = Command::new("python3");
        make.args(["-m", "venv"]).arg(venv());
        whole(make, counts)?;
    }
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
        .arg(root().join("xtask/tests/requirements.txt"));
    whole(pip, counts)
}

fn installed(package: &str) -> bool {
    let query = Command::new("dpkg-query").args(["--show", "--showformat=${Status}", package]).output();
    query.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("install ok installed"))
}

/// With sudo, unless this is root already.
fn privileged(program: &str) -> Command {
    let id = Command::new("id").arg("-u").output().map(|output| output.stdout).unwrap_or_default();
    if id.trim_ascii() == b"0" {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.arg(program);
    command
}

/// The Python tools live in the target folder, which nobody keeps.
pub(crate) fn venv() -> PathBuf {
    let release = release_folder().unwrap_or_default();
    release.parent().unwrap_or(&release).join("test-venv")
}

pub(super) fn python(script: &str) -> Command {
    python_at(&root().join("xtask/tests").join(script))
}

/// Runs a script with the Python tools of the tests.
pub(crate) fn python_at(script: &Path) -> Command {
    let mut command = Command::new(venv().join("bin/python"));
    command.arg(script).current_dir(root()).env("PYTHONUNBUFFERED", "1");
    command
}

/// Installs what the scripts need, outside a test run.
pub(crate) fn tools() -> Result<()> {
    packages(&Scope::all(), &mut Counts::default())
}
