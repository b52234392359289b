//! `cargo xtask bench kernel`: our kernel beside the stock one and beside the compiler alone;
//! `cargo xtask bench growth`: what cells cost after many others;
//! `cargo xtask bench lab`: the servers of the lab; `cargo xtask bench first`: how long a new reader waits.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::test::{python_at, sd35, tools, venv};
use crate::{Result, release_folder, root};

/// The peer, at the version whose engine we use.
const STOCK: &str = "0.22.0";

/// Runs the named bench.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    match arguments.first().map(String::as_str) {
        Some("kernel") => kernel(&arguments[1..]),
        Some("growth") => growth(&arguments[1..]),
        Some("lab") => lab(&arguments[1..]),
        Some("first") => first(),
        _ => Err("the benches: `cargo xtask bench kernel [--quick]`, `cargo xtask bench growth [--quick] [--stock]`, \
                  `cargo xtask bench lab [CYCLES]`, `cargo xtask bench first`"
            .to_owned()),
    }
}

/// The servers of the lab: start to ready, failover, memory, and what many starts leave behind.
fn lab(options: &[String]) -> Result<ExitCode> {
    // The document server is one of the Python tools.
    tools()?;
    let path = std::env::var("PATH").unwrap_or_default();
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["bench", "--package", "lab", "--features", "sql", "--bench", "lab", "--"])
        .args(options)
        .env("PATH", format!("{path}:{}", venv().join("bin").display()))
        .current_dir(root())
        .status()
        .map_err(|error| format!("cargo could not be started: {error}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How long a new reader waits for the page, and for the first result.
fn first() -> Result<ExitCode> {
    tools()?;
    let release = release_folder()?;
    let folder = release.parent().unwrap_or(&release).join("bench/first");
    let status = python_at(&root().join("xtask/bench/first.py"))
        .arg(folder)
        .status()
        .map_err(|error| format!("the bench could not be started: {error}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Builds the stock kernel, if it is not there yet.
fn stock() -> Result<PathBuf> {
    let release = release_folder()?;
    let folder = release.parent().unwrap_or(&release).join("bench");
    println!("building the stock kernel, evcxr_jupyter {STOCK}, if it is not there yet (some minutes)");
    let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["install", "evcxr_jupyter", "--quiet", "--version", STOCK, "--locked", "--root"])
        .arg(folder.join("stock"))
        .arg("--target-dir")
        .arg(folder.join("stock-build"))
        .status()
        .map_err(|error| format!("cargo could not be started: {error}"))?;
    if !built.success() {
        return Err("the stock kernel did not build".to_owned());
    }
    Ok(folder.join("stock/bin/evcxr_jupyter"))
}

fn kernel(options: &[String]) -> Result<ExitCode> {
    let stock = stock()?;
    tools()?;
    let built = sd35()?.arg("build").status().map_err(|error| error.to_string())?;
    if !built.success() {
        return Err("the book did not build".to_owned());
    }
    script("kernel.py", &[stock], options)
}

/// A session that grows: the stock kernel is beside it when it is asked for.
fn growth(options: &[String]) -> Result<ExitCode> {
    let beside = if options.iter().any(|option| option == "--stock") { vec![stock()?] } else { Vec::new() };
    tools()?;
    sd35()?;
    script("growth.py", &beside, options)
}

/// Runs a bench that drives kernels with Jupyter's own client.
fn script(name: &str, others: &[PathBuf], options: &[String]) -> Result<ExitCode> {
    let status = python_at(&root().join("xtask/bench").join(name))
        .arg(release_folder()?.join("sd35"))
        .args(others)
        .args(options)
        .status()
        .map_err(|error| format!("the bench could not be started: {error}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
