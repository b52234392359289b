//! `cargo xtask test`: everything that must hold, from an empty machine.
//!
//! Each step runs even if an earlier one failed, so that one run shows all there is to repair. A step is a
//! command; what it prints is counted, by the words of the program that printed it.

mod count;
mod tools;

use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use count::{Counts, cargo_test_line, counted, node_line, own_line, whole};
use tools::{packages, python};
pub(crate) use tools::{python_at, tools, venv};

use crate::changed::Scope;
use crate::{Result, explorables, progress, release_folder, root};

/// A step: its name, what it is about, and how it runs.
struct Step {
    name: &'static str,
    about: &'static str,
    /// What a changed file has in its path when this can go otherwise than before; nothing for any file.
    touched_by: &'static [&'static str],
    run: fn(&Scope, &mut Counts) -> Result<()>,
}

const STEPS: &[Step] = &[
    Step {
        name: "packages",
        about: "install the system packages and Python tools",
        touched_by: &["xtask/packages.txt", "requirements.txt"],
        run: packages,
    },
    Step { name: "format", about: "rustfmt", touched_by: &[".rs"], run: format },
    Step { name: "lint", about: "clippy, no warnings", touched_by: &[".rs", "Cargo."], run: lint },
    Step {
        name: "rust",
        about: "unit, property and kernel tests",
        touched_by: &[".rs", "Cargo.", "book/", "deploy/", "datasets/", "lessons-crate/", "xtask/"],
        run: rust,
    },
    Step {
        name: "doc",
        about: "the documentation: its links and its examples",
        touched_by: &[".rs", "Cargo."],
        run: doc,
    },
    Step {
        name: "scripts",
        about: "the page's scripts: linter and unit tests",
        touched_by: &["book/theme/"],
        run: scripts,
    },
    Step {
        name: "wasm",
        about: "the explorables compile for wasm32",
        touched_by: &["book/explorables/", "lessons-crate/algorithms/"],
        run: wasm,
    },
    Step {
        name: "compose",
        about: "the servers for Docker, as far as that goes without it",
        touched_by: &["deploy/", "compose.py"],
        run: compose,
    },
    Step {
        name: "book",
        about: "the site and the notebooks are built",
        touched_by: &["book/", "kernel-ext/", "exercises/"],
        run: book,
    },
    Step {
        name: "prose",
        about: "spelling, against a dictionary and the words of the field",
        touched_by: &[".md", ".toml", "words.txt"],
        run: prose,
    },
    Step {
        name: "standard",
        about: "what every lesson must have, counted",
        touched_by: &["book/"],
        run: standard,
    },
    Step {
        name: "cells",
        about: "every cell of the book through the real kernel",
        touched_by: &["book/chapters/", "book/recorded/", "kernel-ext/", "lessons-crate/"],
        run: cells,
    },
    Step {
        name: "kernel",
        about: "the kernel through a real Jupyter client",
        touched_by: &["kernel-ext/", "lessons-crate/cell/", "kernel.py"],
        run: kernel,
    },
    Step {
        name: "notebooks",
        about: "the notebooks, registered; those with every construct run by a real Jupyter",
        touched_by: &["kernel-ext/", "book/src/", "notebooks.py"],
        run: notebooks,
    },
    Step {
        name: "page",
        about: "the pages in headless Chromium",
        touched_by: &["kernel-ext/", "book/src/", "book/theme/", "xtask/tests/"],
        run: page,
    },
    Step {
        name: "explorables",
        about: "figures with sliders: the same numbers everywhere",
        touched_by: &["book/explorables/", "lessons-crate/algorithms/", "explorables."],
        run: explorables_step,
    },
];

/// Runs the named steps, all of them by default.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    if arguments.iter().any(|argument| argument == "--list") {
        for step in STEPS {
            println!("{:10} {}", step.name, step.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let (changed, names): (Vec<&String>, Vec<&String>) =
        arguments.iter().partition(|name| *name == "--changed");
    let scope = if changed.is_empty() { Scope::all() } else { Scope::changed()? };
    if let Some(unknown) = names.iter().find(|name| STEPS.iter().all(|step| step.name != name.as_str())) {
        return Err(format!("there is no step `{unknown}`; `cargo xtask test --list` names them"));
    }
    let begun = Instant::now();
    let named = |step: &Step| names.is_empty() || names.iter().any(|name| *name == step.name);
    let chosen = |step: &&Step| named(step) && scope.touches(step.touched_by);
    let results: Vec<_> =
        STEPS.iter().filter(chosen).map(|step| (step.name, one(step, &scope), begun.elapsed())).collect();

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
fn one(step: &Step, scope: &Scope) -> Counts {
    println!("\n== {}: {}", step.name, step.about);
    let started = Instant::now();
    let mut counts = Counts::default();
    if let Err(message) = (step.run)(scope, &mut counts) {
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
    progress::build(&root(), progress::Part::Kernel, &mut |_| true)?;
    let mut command = Command::new(release_folder()?.join("sd35"));
    command.current_dir(root());
    Ok(command)
}

fn format(_: &Scope, counts: &mut Counts) -> Result<()> {
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

fn lint(_: &Scope, counts: &mut Counts) -> Result<()> {
    let mut command = cargo(&["clippy", "--quiet"]);
    command.args(ALL).args(["--all-targets", "--", "--deny", "warnings"]);
    whole(command, counts)
}

fn rust(scope: &Scope, counts: &mut Counts) -> Result<()> {
    let mut command =
        cargo(&["test", "--release", "--locked", "--all-features", "--quiet", "--no-fail-fast"]);
    command.args(scope.packages()).args(["--lib", "--bins", "--tests"]);
    counted(command, counts, cargo_test_line)
}

fn doc(scope: &Scope, counts: &mut Counts) -> Result<()> {
    let mut pages = cargo(&["doc", "--quiet", "--no-deps"]);
    pages.args(ALL).env("RUSTDOCFLAGS", "--deny warnings");
    let pages = whole(pages, counts).map_err(|why| format!("the documentation: {why}"));
    let mut command =
        cargo(&["test", "--release", "--locked", "--all-features", "--quiet", "--no-fail-fast"]);
    command.args(scope.packages()).arg("--doc");
    counted(command, counts, cargo_test_line)?;
    pages
}

/// The linter says nothing of what is right, so it counts as one check.
fn scripts(_: &Scope, counts: &mut Counts) -> Result<()> {
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
fn wasm(_: &Scope, counts: &mut Counts) -> Result<()> {
    explorables::build()?;
    counts.passed += 1;
    Ok(())
}

fn compose(_: &Scope, counts: &mut Counts) -> Result<()> {
    counted(python("compose.py"), counts, own_line)
}

fn book(_: &Scope, counts: &mut Counts) -> Result<()> {
    let mut command = sd35()?;
    command.arg("build");
    whole(command, counts)
}

fn prose(_: &Scope, counts: &mut Counts) -> Result<()> {
    let mut command = python("prose.py");
    // The scripts of the tests all take the command, which this one does not run.
    command.arg(release_folder()?.join("sd35"));
    counted(command, counts, own_line)
}

fn standard(_: &Scope, counts: &mut Counts) -> Result<()> {
    let mut command = sd35()?;
    command.args(["check", "--standard"]);
    counted(command, counts, own_line)
}

fn cells(scope: &Scope, counts: &mut Counts) -> Result<()> {
    let mut command = sd35()?;
    // Many cells wait: for servers, for timers, for the compiler of another cell.
    command.args(["check", "--kernels", "2"]).args(scope.days());
    counted(command, counts, own_line)
}

fn kernel(_: &Scope, counts: &mut Counts) -> Result<()> {
    drop(sd35()?);
    let mut command = python("kernel.py");
    command.arg(release_folder()?.join("sd35"));
    counted(command, counts, own_line)
}

fn notebooks(_: &Scope, counts: &mut Counts) -> Result<()> {
    // They may be older than the book when this step runs alone.
    sd35()?.arg("build").stdout(Stdio::null()).status().map_err(|error| error.to_string())?;
    let mut command = python("notebooks.py");
    command.arg(release_folder()?.join("sd35"));
    counted(command, counts, own_line)
}

fn page(_: &Scope, counts: &mut Counts) -> Result<()> {
    drop(sd35()?);
    let mut command = python("page.py");
    command.arg(release_folder()?.join("sd35"));
    counted(command, counts, own_line)
}

/// The modules that are kept, those built just now, and the native code answer alike; then the pages.
fn explorables_step(_: &Scope, counts: &mut Counts) -> Result<()> {
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
    fn step_names_are_unique() {
        let names: std::collections::BTreeSet<_> = STEPS.iter().map(|step| step.name).collect();
        assert_eq!(names.len(), STEPS.len());
    }
}
