//! The book without a network: a service worker that keeps its files in the browser.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::repairs::once;

/// What the worker does; the list of files is put in its place.
const WORKER: &str = include_str!("../../theme/offline-worker.js");

/// Writes `sw.js`, which names every file of the site that a reader needs, and a version made of their contents.
pub(super) fn write(site: &Path) -> Result<()> {
    let mut files = Vec::new();
    collect(site, site, &mut files)?;
    files.sort();
    let mut all = Sha256::new();
    for file in &files {
        all.update(file.as_bytes());
        all.update(fs::read(site.join(file))?);
    }
    let version: String = all.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let list = serde_json::to_string(&files)?;
    let script = once(WORKER, "the worker knows its version", "\"VERSION\"", &format!("\"{version}\""))?;
    let script = once(&script, "the worker knows its files", "[\"FILES\"]", &list)?;
    fs::write(site.join("sw.js"), script).context("cannot write sw.js")
}

/// The page for printing is as large as all others together, and fonts for rare weights are seldom used.
fn wanted(name: &str) -> bool {
    let skipped = ["print.html", "toc.html", "404.html", "sw.js", "anki/all-days.txt"];
    !skipped.contains(&name) && !name.ends_with(".woff2") && !name.ends_with(".map")
}

fn collect(site: &Path, folder: &Path, files: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(site, &path, files)?;
        } else if let Some(name) = path.strip_prefix(site)?.to_str()
            && wanted(name)
        {
            files.push(name.replace('\\', "/"));
        }
    }
    Ok(())
}
