//! The crates that the reader added with `:dep`, as cargo built them.
//!
//! Cargo is asked once for each set of crates. It compiles the first cell, and what it told the compiler
//! about them is kept beside the manifest that it had; cells that follow are compiled without it. Crates of
//! a path may change at any time, so those stay with cargo.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Where it is kept, in the folder of the generated crate.
const FILE: &str = "dependencies.json";
/// The engine's manifest of that crate.
const MANIFEST: &str = "Cargo.toml";

/// The line of the manifest after which the reader's crates are named.
pub(crate) const SECTION: &str = "[dependencies]";

/// What the compiler needs to find the crates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependencies {
    manifest: String,
    /// `--extern name=file` and `-L kind=folder`, flat.
    pub arguments: Vec<String>,
}

impl Dependencies {
    /// Keeps what cargo passed to the compiler for the crate in `folder`.
    pub(crate) fn keep(folder: &Path, arguments: &[String]) -> io::Result<()> {
        let manifest = fs::read_to_string(folder.join(MANIFEST))?;
        let arguments = arguments
            .windows(2)
            .filter(|pair| matches!(pair[0].as_str(), "--extern" | "-L"))
            .flatten()
            .cloned()
            .collect();
        fs::write(folder.join(FILE), serde_json::to_vec(&Self { manifest, arguments })?)
    }

    /// What was kept, if it still is what the manifest asks for.
    pub fn load(folder: &Path) -> Option<Self> {
        let manifest = fs::read_to_string(folder.join(MANIFEST)).ok()?;
        if wanted(&manifest).any(|line| line.contains("path")) {
            return None;
        }
        let kept: Self = serde_json::from_slice(&fs::read(folder.join(FILE)).ok()?).ok()?;
        (kept.manifest == manifest).then_some(kept)
    }
}

/// The lines of a manifest that name the crates.
pub(crate) fn wanted(manifest: &str) -> impl Iterator<Item = &str> {
    manifest.lines().skip_while(|line| line.trim() != SECTION).skip(1).filter(|line| !line.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn they_are_known_until_the_manifest_changes() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |crates: &str| {
            fs::write(folder.path().join(MANIFEST), format!("[package]\n[dependencies]\n{crates}\n"))
                .expect("a manifest");
        };
        write("itoa = \"1\"");
        assert_eq!(Dependencies::load(folder.path()), None);
        let given = words("--crate-name ctx --extern itoa=libitoa.rlib -L dependency=deps -C opt-level=0");
        Dependencies::keep(folder.path(), &given).expect("kept");
        let kept = Dependencies::load(folder.path()).expect("known");
        assert_eq!(kept.arguments, words("--extern itoa=libitoa.rlib -L dependency=deps"));
        write("itoa = \"1\"\nryu = \"1\"");
        assert_eq!(Dependencies::load(folder.path()), None);
        write("own = { path = \"/tmp/own\" }");
        Dependencies::keep(folder.path(), &given).expect("kept");
        assert_eq!(Dependencies::load(folder.path()), None);
    }
}
