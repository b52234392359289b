//! `cargo xtask wasm`: the module that draws the explorables, and what is recorded of them.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::{Result, release_folder, root};

/// Debian's Rust, which comes with the sources that the standard library for wasm is built from, and its linker.
const DEBIAN: [&str; 3] = ["/usr/bin/cargo", "/usr/lib/rustlib/src/rust/library/std", "/usr/bin/wasm-ld-22"];

/// Builds the module anew and puts it where the book finds it, with the hash of its sources; records the figures.
pub(crate) fn run() -> Result<ExitCode> {
    let built = build()?;
    let folder = root().join("book/explorables");
    let module = folder.join("explorables.wasm");
    std::fs::copy(&built, &module).map_err(|error| format!("{}: {error}", module.display()))?;
    let native = native()?;
    succeed(Command::new(&native).arg("record").arg(folder.join("recorded")))?;
    let sources = Command::new(&native).arg("sources").output().map_err(|error| error.to_string())?;
    std::fs::write(folder.join("explorables.wasm.sources"), sources.stdout)
        .map_err(|error| error.to_string())?;
    let size = std::fs::metadata(&module).map_or(0, |file| file.len());
    println!("{} is new: {} KB, not compressed", module.display(), size / 1024);
    Ok(ExitCode::SUCCESS)
}

/// Compiles the module; returns where it is.
pub(crate) fn build() -> Result<PathBuf> {
    let target = target_folder().join("wasm");
    let debian = DEBIAN.iter().all(|path| Path::new(path).exists());
    let program = if debian { "/usr/bin/cargo".into() } else { cargo() };
    let mut command = Command::new(program);
    command
        .args(["build", "--quiet", "--profile", "wasm", "--locked", "--package", "explorables", "--lib"])
        .args(["--target", "wasm32-unknown-unknown"])
        .current_dir(root())
        .env("CARGO_TARGET_DIR", &target);
    if debian {
        command
            .args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"])
            .env_remove("RUSTUP_TOOLCHAIN")
            .env_remove("CARGO")
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTC", "/usr/bin/rustc")
            // Where code panics is of no use to a reader; it would name folders of this machine.
            .env("RUSTFLAGS", "-Zlocation-detail=none")
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-22");
    }
    succeed(&mut command).map_err(|why| {
        let packages = "the Debian packages cargo-web, rust-web-src and lld-22";
        format!("{why}; to build for wasm, install {packages}, or `rustup target add wasm32-unknown-unknown`")
    })?;
    Ok(target.join("wasm32-unknown-unknown/wasm/explorables.wasm"))
}

/// Compiles the same code for this machine; returns the program.
pub(crate) fn native() -> Result<PathBuf> {
    let mut command = Command::new(cargo());
    command
        .args(["build", "--quiet", "--release", "--locked", "--package", "explorables"])
        .current_dir(root());
    succeed(&mut command)?;
    Ok(release_folder()?.join("explorables"))
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
