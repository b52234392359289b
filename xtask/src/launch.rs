//! From a fresh clone to a running course.
//!
//! Who wants the book gets it as soon as the program that serves it is built, while a second process of this
//! program builds the kernel and the library. It locks a file for as long as it does, in which it writes how many
//! seconds are left: the server tells its pages, and kernels wait (`kernel_ext::building`).

use std::fs;
use std::fs::{File, TryLockError};
use std::os::unix::process::CommandExt as _;
use std::os::unix::process::parent_id;
use std::path::Path;
use std::process::{Child, Command, ExitCode};
use std::time::Duration;

use crate::progress::{Part, build};
use crate::{Result, release_folder, root};

/// The command of the second process.
pub(crate) const BUILD: &str = "build-kernel";

/// The file's name; the same in `kernel_ext::building`.
const BUILDING: &str = "sd35-building";

/// How often the build looks whether the server is still there.
const GLANCE: Duration = Duration::from_millis(500);

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
    let mut program = "sd35";
    let mut builder = None;
    if arguments.first().is_none_or(|first| first.starts_with('-')) {
        program = "sd35-serve";
        build(&root(), Part::Server, &mut |_| true)?;
        builder = Some(start_builder(&release)?);
    } else {
        build(&root(), Part::Kernel, &mut |_| true)?;
    }
    // From here on this process is that program: signals reach it, its exit code is ours.
    let error = Command::new(release.join(program)).args(arguments).exec();
    if let Some(mut builder) = builder {
        let _ = builder.kill();
    }
    Err(format!("{} could not be started: {error}", release.join(program).display()))
}

/// Starts the second process; returns when it has the lock, so that nobody takes what is there for all.
fn start_builder(release: &Path) -> Result<Child> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut builder = Command::new(own)
        .arg(BUILD)
        .spawn()
        .map_err(|error| format!("the kernel cannot be built: {error}"))?;
    loop {
        let locked = File::open(release.join(BUILDING))
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)));
        if locked || !matches!(builder.try_wait(), Ok(None)) {
            return Ok(builder);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The second process: builds the kernel and the library. Ends when the server does.
pub(crate) fn build_kernel() -> Result<ExitCode> {
    let server = parent_id();
    let release = release_folder()?;
    let path = release.join(BUILDING);
    let building = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .and_then(|file| file.lock().and_then(|()| file.set_len(0)).map(|()| file))
        .map_err(|error| format!("cannot write to {}: {error}", path.display()))?;
    let expect = |rest: Option<Duration>, later: Duration| {
        if let Some(rest) = rest {
            let _ = fs::write(&path, (rest + later).as_secs().to_string());
        }
        parent_id() == server
    };
    build(&root(), Part::Kernel, &mut |rest| expect(rest, Part::Library.usual()))?;
    build(&root(), Part::Library, &mut |rest| expect(rest, Duration::ZERO))?;
    let prepare = |options: &[&str]| -> Result<()> {
        let mut command = Command::new(release.join("sd35"))
            .args(["kernel", "prepare"])
            .args(options)
            .spawn()
            .map_err(|error| format!("sd35 could not be started: {error}"))?;
        while let Ok(None) = command.try_wait() {
            if !expect(None, Duration::ZERO) {
                let _ = command.kill();
            }
            std::thread::sleep(GLANCE);
        }
        match command.wait() {
            Ok(status) if status.success() => Ok(()),
            _ => Err("the library could not be prepared".to_owned()),
        }
    };
    prepare(&[])?;
    drop(building);
    // No page waits for what it only links to.
    prepare(&["--pages"])?;
    Ok(ExitCode::SUCCESS)
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
