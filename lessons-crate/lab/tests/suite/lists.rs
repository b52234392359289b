//! The one list of servers, and every other list that must agree with it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lessons::lab::kinds;

use crate::Outcome;

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> Result<String, String> {
    std::fs::read_to_string(project().join(path)).map_err(|error| format!("{path}: {error}"))
}

#[test]
fn every_server_is_in_every_list() -> Outcome {
    let packages = read("xtask/packages.txt")?;
    let (compose, wanted) = (read("deploy/compose.yaml")?, read("xtask/tests/compose.py")?);
    let mut missing = Vec::new();
    for kind in kinds() {
        for package in kind.packages() {
            if !packages.lines().any(|line| line == package) {
                missing.push(format!("xtask/packages.txt has no line {package}, which {} needs", kind.title));
            }
        }
        for container in kind.containers {
            if !compose.contains(&format!("\n  {container}:")) {
                missing.push(format!("deploy/compose.yaml has no service {container}, for {}", kind.title));
            }
            if !wanted.contains(&format!("\"{container}\"")) {
                missing
                    .push(format!("WANTED in xtask/tests/compose.py has no {container}, for {}", kind.title));
            }
        }
        match kind.variable() {
            Some(variable) if kind.is_held() && !compose.contains(&format!("{variable}=127.0.0.1:")) => {
                missing.push(format!("the head of deploy/compose.yaml does not export {variable}"));
            }
            None if kind.is_held() => {
                missing.push(format!(
                    "{} is held by `sd35 lab up`, but no variable gives its address",
                    kind.title
                ));
            }
            _ => {}
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
    Ok(())
}

#[test]
fn every_file_of_a_server_is_in_the_list() -> Outcome {
    let folder = project().join("lessons-crate/lab/src/servers");
    let files: BTreeSet<String> = std::fs::read_dir(folder)?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".rs").map(str::to_owned))
        .collect();
    let names: BTreeSet<String> = kinds().iter().map(|kind| kind.name.to_owned()).collect();
    assert_eq!(names.len(), kinds().len(), "two servers of one name");
    let unlisted: Vec<_> = files.difference(&names).collect();
    assert!(unlisted.is_empty() || !cfg!(feature = "sql"), "not in KINDS of servers.rs: {unlisted:?}");
    Ok(())
}
