//! Compiles the library, and finds out what is inside.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use front::crates::Crate;
use serde::Deserialize;

use super::Toolchain;
use crate::paths;

/// What cargo made.
pub(super) struct Compiled {
    /// The library, and what the compiler needs to read it: the metadata of the crates inside, and the procedural
    /// macros among them.
    pub(super) files: Vec<PathBuf>,
    /// The crates inside.
    pub(super) crates: Vec<Crate>,
}

/// What cargo says when it has compiled something, and about what it would compile.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    filenames: Vec<PathBuf>,
    #[serde(flatten)]
    what: Option<What>,
}

/// A crate that was compiled, or would be.
#[derive(Clone, Deserialize)]
struct What {
    #[serde(alias = "package_id")]
    pkg_id: String,
    target: Target,
    features: Vec<String>,
}

#[derive(Clone, Deserialize)]
struct Target {
    kind: Vec<String>,
    name: String,
}

#[derive(Deserialize)]
struct Graph {
    units: Vec<Unit>,
    roots: Vec<usize>,
}

#[derive(Deserialize)]
struct Unit {
    pkg_id: String,
    dependencies: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    index: usize,
}

/// Compiles the library.
pub(super) fn compile(toolchain: &Toolchain) -> Result<Compiled> {
    let output = cargo(toolchain, &["--message-format", "json-render-diagnostics"])?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        if stderr.contains("No space left on device") {
            bail!("the disk is full: the lessons library needs about 300 MB in target/ and in the cache");
        }
        bail!("the lessons library does not compile:\n{stderr}");
    }
    let (mut library, mut files, mut metadata) = (None, Vec::new(), Vec::new());
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(Line { reason, filenames, what: Some(what) }) = serde_json::from_str(line) else { continue };
        if reason != "compiler-artifact" {
            continue;
        }
        let own = what.target.name == "lessons";
        let procedural = what.target.kind.iter().any(|kind| kind == "proc-macro");
        for path in filenames {
            match path.extension().and_then(|kind| kind.to_str()) {
                Some("so") if own => library = Some(path),
                Some("so") if procedural => files.push(path),
                Some("rmeta") if !own => metadata.push((path, what.clone())),
                _ => {}
            }
        }
    }
    let library = library.context("cargo did not make liblessons.so")?;
    let crates = inside(toolchain, &library, &metadata)?;
    files.extend(metadata.into_iter().map(|(path, _)| path));
    files.push(library);
    Ok(Compiled { files, crates })
}

/// The crates that are part of the library. Those that it depends on itself are the ones that a cell can name.
fn inside(toolchain: &Toolchain, library: &Path, metadata: &[(PathBuf, What)]) -> Result<Vec<Crate>> {
    // A crate may have been compiled twice, such as once more for the programs that build others.
    let listed = run(Command::new(&toolchain.rustc).arg("-Zls=root").arg(library))?;
    let listed = String::from_utf8_lossy(&listed);
    let inside: HashSet<&str> = listed
        .lines()
        .filter(|line| line.ends_with("linkage Some(RequireStatic)"))
        .filter_map(|line| line.split(' ').nth(1))
        .collect();
    let graph = cargo(toolchain, &["--unit-graph", "-Zunstable-options"])?;
    let graph: Graph = serde_json::from_slice(&graph.stdout).context("cargo's graph of what it compiles")?;
    let roots = graph.roots.iter().filter_map(|root| graph.units.get(*root));
    let named: HashSet<&str> = roots
        .flat_map(|root| &root.dependencies)
        .filter_map(|edge| Some(graph.units.get(edge.index)?.pkg_id.as_str()))
        .filter(|package| !package.starts_with("path+"))
        .collect();
    let of_file = |(path, what): &(PathBuf, What)| {
        let file = path.file_name()?.to_str()?;
        let stem = file.strip_prefix("lib")?.strip_suffix(".rmeta")?;
        inside.contains(stem).then(|| Crate {
            name: what.target.name.replace('-', "_"),
            version: what.pkg_id.rsplit(['#', '@']).next().unwrap_or_default().to_owned(),
            features: what.features.clone(),
            file: file.to_owned(),
            named: named.contains(what.pkg_id.as_str()),
        })
    };
    let crates: Vec<Crate> = metadata.iter().filter_map(of_file).collect();
    ensure!(crates.iter().any(|inside| inside.named), "no crate was found inside the library");
    Ok(crates)
}

/// What a tool prints, with options that are not stable.
fn run(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.env("RUSTC_BOOTSTRAP", "1").stdin(Stdio::null()).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}

/// Runs cargo for the library.
fn cargo(toolchain: &Toolchain, options: &[&str]) -> Result<Output> {
    let mut command = Command::new(&toolchain.cargo);
    command
        .args(["rustc", "--release", "--locked", "-p", "lessons", "--features", "full"])
        .args(["--crate-type", "dylib"])
        .args(options)
        .current_dir(paths::root())
        .env("RUSTC", &toolchain.rustc)
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    if options.contains(&"--unit-graph") {
        command.env("RUSTC_BOOTSTRAP", "1");
    } else {
        command.args(["--", "-C", "prefer-dynamic"]);
    }
    command.output().context("cargo could not be started")
}
