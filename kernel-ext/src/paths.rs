//! Where things are on this machine.

use std::path::PathBuf;

use anyhow::{Context, Result};

/// The folder of the course (the one with `book/`): where this binary was built, or `SD35_ROOT`.
pub fn root() -> PathBuf {
    std::env::var_os("SD35_ROOT").map_or_else(
        || {
            let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
            here.parent().map_or(here.clone(), PathBuf::from)
        },
        PathBuf::from,
    )
}

/// The folder for what can be made again: `$XDG_CACHE_HOME/sd35`, else `~/.cache/sd35`.
///
/// # Errors
///
/// Fails when neither `XDG_CACHE_HOME` nor `HOME` is set.
pub fn cache() -> Result<PathBuf> {
    std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .map(|cache| cache.join("sd35"))
        .context("no folder for the cache: set HOME or XDG_CACHE_HOME")
}

/// The file of the cells that ran: `SD35_HISTORY`, else below the folder for state.
/// None when `SD35_HISTORY` is empty, or there is no home.
pub fn history() -> Option<PathBuf> {
    state("SD35_HISTORY", "history.jsonl")
}

/// The record of what the reader has done: `SD35_PROGRESS`, else below the folder for state.
/// None when `SD35_PROGRESS` is empty, or there is no home.
pub fn progress() -> Option<PathBuf> {
    state("SD35_PROGRESS", "progress.jsonl")
}

/// The file of the token of one folder's server, below the folder for state. None when there is no home.
pub fn token(folder: &str) -> Option<PathBuf> {
    state("SD35_TOKEN_FILE", &format!("token-{folder}"))
}

/// A file under `$XDG_STATE_HOME/sd35`, else under `~/.local/state/sd35`, unless a variable names it.
fn state(variable: &str, name: &str) -> Option<PathBuf> {
    if let Some(file) = std::env::var_os(variable) {
        return (!file.is_empty()).then(|| PathBuf::from(file));
    }
    std::env::var_os("XDG_STATE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state")))
        .map(|state| state.join("sd35").join(name))
}

/// Where the built book goes.
pub fn site() -> PathBuf {
    root().join("book").join("site")
}

/// Where the documentation of the library goes: pages link to it. `api` is taken, by the server's own.
pub fn library_pages() -> PathBuf {
    site().join("library")
}

/// Where the notebooks go.
pub fn notebooks() -> PathBuf {
    root().join("notebooks")
}
