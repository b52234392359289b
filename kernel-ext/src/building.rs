//! What is still being built while the book is served.
//!
//! The launcher (`xtask`) locks a file beside the programs for as long as it builds the kernel and the library,
//! and writes into it how many seconds it expects to need.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The file's name; the same in `xtask`.
const FILE: &str = "sd35-building";

/// The folder of the programs. Asked for once: a program that was built anew does not find its own file.
static PROGRAMS: LazyLock<PathBuf> = LazyLock::new(|| {
    let here = std::env::current_exe().unwrap_or_default();
    here.parent().map(Path::to_owned).unwrap_or_default()
});

/// A program that is built along with this one.
pub(crate) fn program(name: &str) -> PathBuf {
    PROGRAMS.join(name)
}

/// How many seconds the kernel still needs, as far as is known; `None` when nothing is being built.
pub(crate) fn seconds_left() -> Option<u64> {
    seconds_left_by(&program(FILE))
}

fn seconds_left_by(file: &Path) -> Option<u64> {
    let locked = File::open(file).ok()?;
    match locked.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            Some(fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok()).unwrap_or_default())
        }
        _ => None,
    }
}

/// Returns when nothing is being built any more, however that ended.
pub(crate) fn wait() {
    if let Ok(file) = File::open(program(FILE)) {
        let _ = file.lock_shared();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_long_as_the_file_is_locked() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(FILE);
        assert_eq!(seconds_left_by(&path), None);
        fs::write(&path, "90").expect("written");
        assert_eq!(seconds_left_by(&path), None);
        let builder = File::open(&path).expect("a file");
        builder.lock().expect("locked");
        assert_eq!(seconds_left_by(&path), Some(90));
        drop(builder);
        assert_eq!(seconds_left_by(&path), None);
    }
}
