//! The library's documentation as web pages, for the book to link to.
//!
//! Like the [`Reference`](crate::reference::Reference) they are made from the compiled library, in seconds:
//! nothing is compiled for them, and what they say is what cells are linked with.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use super::{Library, Toolchain};
use crate::paths;

/// Says which library the pages in a folder are of.
const STAMP: &str = ".library";

/// A crate that is the library under its own name. What it offers is listed where it is defined, and not a second
/// time in the prelude; it has no sources to show.
const FACADE: &str = "
#![doc(html_no_source)]
#[doc(inline)]
pub use library::*;
#[doc(hidden)]
pub mod prelude {}
";

impl Library {
    /// Writes the pages into the folder `out`, unless those of this library are there already. Until all of them
    /// are made, whatever was in `out` stays as it was. rustdoc ends when the future is dropped.
    ///
    /// # Errors
    ///
    /// Fails when rustdoc is missing or fails, or the disk is full.
    pub async fn write_pages(&self, out: &Path) -> Result<()> {
        let name = self.dir.file_name().context("the library has no name")?.as_encoded_bytes();
        if fs::read(out.join(STAMP)).is_ok_and(|made| made == name) {
            return Ok(());
        }
        let parent = out.parent().context("the pages need a folder to be in")?;
        let folder = tempfile::Builder::new().prefix(".library-").tempdir_in(parent)?;
        let source = folder.path().join("lessons.rs");
        fs::write(&source, first_page()? + FACADE)?;
        let html = folder.path().join("html");
        let lib = self.dir.join("lib");
        let output = Command::new(&Toolchain::find()?.rustdoc)
            .args(["--edition", "2024", "--crate-name", "lessons", "--cap-lints", "allow"])
            .arg(&source)
            .arg("--out-dir")
            .arg(&html)
            .arg("--extern")
            .arg(format!("library={}", lib.join("liblessons.so").display()))
            .arg("-L")
            .arg(format!("dependency={}", lib.display()))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .context("rustdoc could not be started")?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::write(html.join(STAMP), name)?;
        if out.exists() {
            fs::remove_dir_all(out)?;
        }
        fs::rename(&html, out).with_context(|| format!("cannot write {}", out.display()))
    }
}

/// What stands at the head of the library's sources: the table of its topics.
fn first_page() -> Result<String> {
    let file = paths::root().join("lessons-crate/src/lib.rs");
    let source = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let head = source.lines().take_while(|line| line.starts_with("//!"));
    Ok(head.map(|line| format!("{line}\n")).collect())
}
