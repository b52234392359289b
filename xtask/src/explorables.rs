//! `cargo xtask wasm`: the modules that draw the explorables, and what is recorded of them.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::{Result, release_folder, root};

/// Debian's Rust, which comes with the sources that the standard library for wasm is built from, and its linker.
const DEBIAN: [&str; 3] = ["/usr/bin/cargo", "/usr/lib/rustlib/src/rust/library/std", "/usr/bin/wasm-ld-22"];

/// Builds the modules anew and puts them where the book finds them; records the figures.
pub(crate) fn run() -> Result<ExitCode> {
    let (modules, programs) = (build()?, native()?);
    let explorables = root().join("book/explorables");
    let kept = explorables.join("kept");
    // What belongs to a figure that is gone goes with it.
    let _ = std::fs::remove_dir_all(&kept);
    std::fs::create_dir_all(&kept).map_err(|error| format!("{}: {error}", kept.display()))?;
    for name in names(&explorables.join("src/bin"))? {
        let module = std::fs::read(modules.join(format!("{name}.wasm")))
            .map_err(|error| format!("the module of {name}: {error}"))?;
        write(&kept.join(format!("{name}.wasm")), &module)?;
        let recorded = Command::new(programs.join(&name)).arg("record").output();
        let recorded = recorded.map_err(|error| format!("{name} could not be started: {error}"))?;
        if !recorded.status.success() {
            return Err(format!("{name}: {}", String::from_utf8_lossy(&recorded.stderr).trim()));
        }
        write(&kept.join(format!("{name}.json")), &recorded.stdout)?;
        println!("{name:16} {:4} KB, not compressed", module.len() / 1000);
    }
    Ok(ExitCode::SUCCESS)
}

/// The names of the figures: each is a program of its own.
fn names(programs: &Path) -> Result<Vec<String>> {
    let files = std::fs::read_dir(programs).map_err(|error| format!("{}: {error}", programs.display()))?;
    let names = files.filter_map(|file| file.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> =
        names.filter_map(|name| Some(name.strip_suffix(".rs")?.to_owned())).collect();
    names.sort();
    Ok(names)
}

fn write(file: &Path, content: &[u8]) -> Result<()> {
    std::fs::write(file, content).map_err(|error| format!("{}: {error}", file.display()))
}

/// Compiles the modules; returns the folder where they are.
pub(crate) fn build() -> Result<PathBuf> {
    let target = target_folder().join("wasm");
    let debian = DEBIAN.iter().all(|path| Path::new(path).exists());
    let program = if debian { "/usr/bin/cargo".into() } else { cargo() };
    let mut command = Command::new(program);
    command
        .args(["build", "--quiet", "--profile", "wasm", "--locked", "--package", "explorables", "--bins"])
        .args(["--target", "wasm32-unknown-unknown"])
        .current_dir(root())
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTFLAGS", COMPILER);
    if debian {
        command
            .args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"])
            .env_remove("RUSTUP_TOOLCHAIN")
            .env_remove("CARGO")
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTC", "/usr/bin/rustc")
            .env("RUSTFLAGS", format!("{COMPILER} {SILENT}"))
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-22");
    }
    succeed(&mut command).map_err(|why| {
        let packages = "the Debian packages cargo-web, rust-web-src and lld-22";
        format!("{why}; to build for wasm, install {packages}, or `rustup target add wasm32-unknown-unknown`")
    })?;
    Ok(target.join("wasm32-unknown-unknown/wasm"))
}

/// A module says which compiler made it: only what the same one makes now can be the same to the last byte.
const COMPILER: &str = "-Clink-arg=--keep-section=producers";

/// What a panic would say is of no use to a reader, whose module stops either way; where it was would name folders
/// of this machine.
const SILENT: &str = "-Zlocation-detail=none -Zunstable-options -Cpanic=immediate-abort";

/// Compiles the same figures for this machine; returns the folder where the programs are.
pub(crate) fn native() -> Result<PathBuf> {
    let mut command = Command::new(cargo());
    command
        .args(["build", "--quiet", "--release", "--locked", "--package", "explorables", "--bins"])
        .current_dir(root());
    succeed(&mut command)?;
    release_folder()
}

fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn target_folder() -> PathBuf {
    let release = release_folder().unwrap_or_default();
    release.parent().unwrap_or(&release).to_owned()
}

fn succeed(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|error| format!("{name} could not be started: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name} ended with {status}")) }
}
