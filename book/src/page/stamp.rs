//! Whether a site on the disk was built from these sources: then a start need not build it again.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

const FILE: &str = ".sources";

/// A digest of the names, lengths and times of all files that a site is made of, and of this program.
pub(super) fn of(root: &Path) -> Result<Vec<u8>> {
    let mut files = vec![std::env::current_exe()?];
    let mut folders = vec![root.to_owned(), root.join(crate::exercise::FOLDER)];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let (entry, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
            let built = name == "site" || name.to_string_lossy().starts_with(".site-");
            if built {
                continue;
            }
            let found = if entry.is_dir() { &mut folders } else { &mut files };
            found.push(entry);
        }
    }
    files.sort();
    let mut digest = Sha256::new();
    for file in files {
        let about = fs::metadata(&file).with_context(|| format!("cannot read {}", file.display()))?;
        digest.update(format!("{} {} {:?}\n", file.display(), about.len(), about.modified()?));
    }
    Ok(digest.finalize().to_vec())
}

pub(super) fn write(stamp: &[u8], site: &Path) -> Result<()> {
    fs::write(path(site), stamp).with_context(|| format!("cannot write {}", path(site).display()))
}

pub(super) fn read(site: &Path) -> Option<Vec<u8>> {
    fs::read(path(site)).ok()
}

fn path(site: &Path) -> PathBuf {
    site.join(FILE)
}
