//! `cargo xtask test`: everything that must hold, from an empty machine.
//!
//! Each step runs even if an earlier one failed, so that one run shows all there is to repair. A step is a
//! command; what it prints is counted, by the words of the program that printed it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use crate::{Result, explorables, progress, release_folder, root};

/// A step: its name, what it is about, and how it runs.
struct Step {
    name: &'static str,
    about: &'static str,
    run: fn(&mut Counts) -> Result<()>,
}

const STEPS: &[Step] = &[
    Step { name: "packages", about: "install the system packages and Python tools", run: packages },
    Step { name: "format", about: "rustfmt", run: format },
    Step { name: "lint", about: "clippy, no warnings", run: lint },
    Step { name: "rust", about: "unit, property and kernel tests", run: rust },
    Step { name: "doc", about: "the examples in the documentation", run: doc },
    Step { name: "scripts", about: "the page's scripts: linter and unit tests", run: scripts },
    Step { name: "wasm", about: "the explorables compile for wasm32", run: wasm },
    Step { name: "compose", about: "the servers for Docker, as far as that goes without it", run: compose },
    Step { name: "book", about: "the site and the notebooks are built", run: book },
    Step { name: "prose", about: "spelling, against a dictionary and the words of the field", run: prose },
    Step { name: "standard", about: "what every lesson must have, counted", run: standard },
    Step { name: "cells", about: "every cell of the book through the real kernel", run: cells },
    Step { name: "kernel", about: "the kernel through a real Jupyter client", run: kernel },
    Step { name: "notebooks", about: "the notebooks, registered and run by a real Jupyter", run: notebooks },
    Step { name: "page", about: "the pages in headless Chromium", run: page },
    Step {
        name: "explorables",
        about: "figures with sliders: the same numbers everywhere",
        run: explorables_step,
    },
];

/// How many checks passed and failed.
#[derive(Clone, Copy, Default)]
struct Counts {
    passed: usize,
    failed: usize,
}

/// Runs the named steps, all of them by default.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    if arguments.iter().any(|argument| argument == "--list") {
        for step in STEPS {
            println!("{:10} {}", step.name, step.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(unknown) = arguments.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        return Err(format!("there is no step `{unknown}`; `cargo xtask test --list` names them"));
    }
    let begun = Instant::now();
    let chosen = |step: &&Step| arguments.is_empty() || arguments.iter().any(|name| name == step.name);
    let results: Vec<_> =
        STEPS.iter().filter(chosen).map(|step| (step.name, one(step), begun.elapsed())).collect();

    println!("\nstep         passed  failed  seconds");
    let (mut all, mut before) = (Counts::default(), Duration::ZERO);
    for (name, counts, at) in results {
        println!("{name:10} {:8} {:7} {:8.0}", counts.passed, counts.failed, (at - before).as_secs_f64());
        all = Counts { passed: all.passed + counts.passed, failed: all.failed + counts.failed };
        before = at;
    }
    println!("\nAll of it took {:.1} minutes.", begun.elapsed().as_secs_f64() / 60.0);
    println!("{} passed, {} failed", all.passed, all.failed);
    Ok(if all.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs one step and says how it went.
fn one(step: &Step) -> Counts {
    println!("\n== {}: {}", step.name, step.about);
    let started = Instant::now();
    let mut counts = Counts::default();
    if let Err(message) = (step.run)(&mut counts) {
        // A command that failed without saying which check failed is itself one that did.
        counts.failed = counts.failed.max(1);
        println!("FAILED {}: {message}", step.name);
    }
    let Counts { passed, failed } = counts;
    println!("== {}: {passed} passed, {failed} failed, {:.0} s", step.name, started.elapsed().as_secs_f64());
    counts
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// The command `sd35`, built if need be.
pub(crate) fn sd35() -> Result<Command> {
    progress::build(&root())?;
    let mut command = Command::new(release_folder()?.join("sd35"));
    command.current_dir(root());
    Ok(command)
}

/// Runs a command that passes or fails as a whole.
fn whole(mut command: Command, counts: &mut Counts) -> Result<()> {
    let status = command
        .status()
        .map_err(|error| format!("{:?} could not be started: {error}", command.get_program()))?;
    if status.success() {
        counts.passed += 1;
        Ok(())
    } else {
        Err(format!("it ended with {status}"))
    }
}

/// Runs a command and counts what its lines report.
fn counted(mut command: Command, counts: &mut Counts, count: fn(&str) -> (usize, usize)) -> Result<()> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{:?} could not be started: {error}", command.get_program()))?;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(std::result::Result::ok) {
            println!("{line}");
            let (passed, failed) = count(&line);
            counts.passed += passed;
            counts.failed += failed;
        }
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("it ended with {status}")) }
}

/// `test result: ok. 12 passed; 0 failed; ...`
fn cargo_test_line(line: &str) -> (usize, usize) {
    let Some(rest) = line.strip_prefix("test result: ") else { return (0, 0) };
    let number = |word: &str| {
        let before = rest.split(word).next().unwrap_or_default();
        before.rsplit(' ').find_map(|part| part.parse().ok()).unwrap_or(0)
    };
    (number(" passed"), number(" failed"))
}

/// `ℹ pass 12` and `ℹ fail 0`, as Node's test runner closes.
fn node_line(line: &str) -> (usize, usize) {
    let number = |word| line.strip_prefix(word).and_then(|number| number.parse().ok()).unwrap_or(0);
    (number("ℹ pass "), number("ℹ fail "))
}

/// `ok  name` or `FAILED  name: why`, as our scripts print; `DRIFT` as `sd35 check` says it.
fn own_line(line: &str) -> (usize, usize) {
    match line.split_whitespace().next() {
        Some("ok") => (1, 0),
        Some("FAILED" | "DRIFT") => (0, 1),
        _ => (0, 0),
    }
}

fn packages(counts: &mut Counts) -> Result<()> {
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

fn python(script: &str) -> Command {
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
    packages(&mut Counts::default())
}

fn format(counts: &mut Counts) -> Result<()> {
    whole(cargo(&["fmt", "--all", "--check"]), counts)?;
    // The checks of exercises become modules by a build script, which cargo's formatter does not run.
    let mut checks = Command::new("rustfmt");
    checks.arg("--check").current_dir(root());
    let mut folders = vec![root().join("lessons-crate/exercises")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| error.to_string())? {
            let path = entry.map_err(|error| error.to_string())?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.ends_with("check.rs") || path.ends_with("shared.rs") {
                checks.arg(path);
            }
        }
    }
    whole(checks, counts)
}

/// What every run of cargo over all crates has in common.
const ALL: [&str; 4] = ["--release", "--locked", "--workspace", "--all-features"];

fn lint(counts: &mut Counts) -> Result<()> {
    let mut command = cargo(&["clippy", "--quiet"]);
    command.args(ALL).args(["--all-targets", "--", "--deny", "warnings"]);
    whole(command, counts)
}

fn rust(counts: &mut Counts) -> Result<()> {
    let mut command = cargo(&["test", "--quiet", "--no-fail-fast"]);
    command.args(ALL).args(["--lib", "--bins", "--tests"]);
    counted(command, counts, cargo_test_line)
}

fn doc(counts: &mut Counts) -> Result<()> {
    let mut command = cargo(&["test", "--quiet", "--no-fail-fast", "--doc"]);
    command.args(ALL);
    counted(command, counts, cargo_test_line)
}

/// The linter says nothing of what is right, so it counts as one check.
fn scripts(counts: &mut Counts) -> Result<()> {
    let theme = root().join("book/theme");
    let mut linter = Command::new(venv().join("bin/oxlint"));
    linter.arg("--deny-warnings").current_dir(&theme);
    let linted = whole(linter, counts);
    let mut tests = Command::new("node");
    tests.args(["--test", "--test-reporter=spec"]).current_dir(theme);
    counted(tests, counts, node_line)?;
    linted
}

/// The explorables, and with them all that the pure core has of algorithms.
fn wasm(counts: &mut Counts) -> Result<()> {
    explorables::build()?;
    counts.passed += 1;
    Ok(())
}

fn compose(counts: &mut Counts) -> Result<()> {
    counted(python("compose.py"), counts, own_line)
}

fn book(counts: &mut Counts) -> Result<()> {
    let mut command = sd35()?;
    command.arg("build");
    whole(command, counts)
}

fn prose(counts: &mut Counts) -> Result<()> {
    let mut command = python("prose.py");
    // The scripts of the tests all take the command, which this one does not run.
    command.arg(release_folder()?.join("sd35"));
    counted(command, counts, own_line)
}

fn standard(counts: &mut Counts) -> Result<()> {
    let mut command = sd35()?;
    command.args(["check", "--standard"]);
    counted(command, counts, own_line)
}

fn cells(counts: &mut Counts) -> Result<()> {
    let mut command = sd35()?;
    // Many cells wait: for servers, for timers, for the compiler of another cell.
    command.args(["check", "--kernels", "2"]);
    counted(command, counts, own_line)
}

fn kernel(counts: &mut Counts) -> Result<()> {
    drop(sd35()?);
    let mut command = python("kernel.py");
    command.arg(release_folder()?.join("sd35"));
    counted(command, counts, own_line)
}

fn notebooks(counts: &mut Counts) -> Result<()> {
    // They may be older than the book when this step runs alone.
    sd35()?.arg("build").stdout(Stdio::null()).status().map_err(|error| error.to_string())?;
    let mut command = python("notebooks.py");
    command.arg(release_folder()?.join("sd35"));
    counted(command, counts, own_line)
}

fn page(counts: &mut Counts) -> Result<()> {
    drop(sd35()?);
    let mut command = python("page.py");
    command.arg(release_folder()?.join("sd35"));
    counted(command, counts, own_line)
}

/// The modules that are kept, those built just now, and the native code answer alike; then the pages.
fn explorables_step(counts: &mut Counts) -> Result<()> {
    drop(sd35()?);
    let (native, modules) = (explorables::native()?, explorables::build()?);
    sd35()?.arg("build").stdout(Stdio::null()).status().map_err(|error| error.to_string())?;
    let mut command = python("explorables.py");
    command.arg(release_folder()?.join("sd35")).arg(native).arg(modules);
    counted(command, counts, own_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted_by_their_words() {
        assert_eq!(cargo_test_line("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured"), (12, 0));
        assert_eq!(cargo_test_line("test result: FAILED. 3 passed; 2 failed; 0 ignored"), (3, 2));
        assert_eq!(cargo_test_line("running 3 tests"), (0, 0));
        assert_eq!(node_line("ℹ pass 12"), (12, 0));
        assert_eq!(node_line("ℹ fail 2"), (0, 2));
        assert_eq!(node_line("✔ ℹ pass 12"), (0, 0));
        assert_eq!(own_line("  ok     d03-a (0.1 s)"), (1, 0));
        assert_eq!(own_line("  DRIFT  d03-a: line 1"), (0, 1));
        assert_eq!(own_line("FAILED page loads: why"), (0, 1));
        assert_eq!(own_line("okay"), (0, 0));
    }

    #[test]
    fn step_names_are_unique() {
        let names: std::collections::BTreeSet<_> = STEPS.iter().map(|step| step.name).collect();
        assert_eq!(names.len(), STEPS.len());
    }
}
