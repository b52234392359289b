//! From a fresh clone to a running course.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::{Result, progress, release_folder, root};

/// What a first build writes, with some room: dependencies, programs, the prebuilt library.
const DISK_NEEDED_MB: u64 = 2_000;

/// Builds what is missing, then becomes `sd35`.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    let release = release_folder()?;
    let target = release.parent().unwrap_or(&release);
    check_compiler()?;
    // The built book and the notebooks stay beside their chapters.
    check_writable(&root().join("book"))?;
    check_writable(target)?;
    if !release.join("sd35").exists() {
        check_disk(target)?;
    }
    progress::build(&root())?;
    let mut command = Command::new(release.join("sd35"));
    if arguments.first().is_none_or(|first| first.starts_with('-')) {
        command.arg("serve");
    }
    // From here on this process is sd35: signals reach it, its exit code is ours.
    let error = command.args(arguments).exec();
    Err(format!("{} could not be started: {error}", release.join("sd35").display()))
}

/// Linking needs a C compiler's driver; cargo would say so after minutes, and in many lines.
fn check_compiler() -> Result<()> {
    match Command::new("cc").arg("--version").output() {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err("there is no C compiler (`cc`): Rust needs one to link programs. On Debian or Ubuntu \
                  `apt install gcc libc6-dev`, on Fedora `dnf install gcc`, on macOS `xcode-select --install`"
            .to_owned()),
    }
}

/// Nothing is begun where it cannot be finished.
fn check_writable(folder: &Path) -> Result<()> {
    let probe = folder.join(".sd35-write-test");
    fs::write(&probe, b"").map_err(|error| {
        format!(
            "cannot write to {}: {error}; clone the course to a folder that you may write to",
            folder.display()
        )
    })?;
    let _ = fs::remove_file(&probe);
    Ok(())
}

/// A disk that fills up in the middle of a build leaves an error that nobody understands.
fn check_disk(target: &Path) -> Result<()> {
    match free_megabytes(target) {
        Some(free) if free < DISK_NEEDED_MB => Err(format!(
            "{} has {free} MB free and the first build needs about {DISK_NEEDED_MB} MB; free some, or set \
             CARGO_TARGET_DIR to a folder on another disk",
            target.display()
        )),
        _ => Ok(()),
    }
}

/// As `df` says; `None` where there is no `df`.
fn free_megabytes(folder: &Path) -> Option<u64> {
    let output = Command::new("df").arg("-Pk").arg(folder).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let kilobytes: u64 = text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(kilobytes / 1024)
}
