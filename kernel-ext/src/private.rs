//! Folders and files that are nobody else's business: other users of this machine can neither make them first, nor
//! look into them.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use tempfile::TempDir;

/// A new folder in `parent`. Its name begins with `prefix` and cannot be foreseen; one that is there already is
/// never taken. It goes when the value is dropped.
///
/// # Errors
///
/// Fails when the folder cannot be made: a full or read-only disk, or no such parent.
pub(crate) fn folder(prefix: &str, parent: &Path) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).rand_bytes(16).permissions(Permissions::from_mode(0o700)).tempdir_in(parent)
}

/// Whether `folder` is a folder of this user that nobody else can look into.
pub(crate) fn is_ours(folder: &Path) -> bool {
    folder.symlink_metadata().is_ok_and(|folder| {
        folder.is_dir() && folder.uid() == rustix::process::geteuid().as_raw() && folder.mode() & 0o077 == 0
    })
}

/// Whether `file` is a file of this user that nobody else can read or write.
pub(crate) fn is_our_file(file: &Path) -> bool {
    file.symlink_metadata().is_ok_and(|file| {
        file.is_file() && file.uid() == rustix::process::geteuid().as_raw() && file.mode() & 0o077 == 0
    })
}

/// Opens a file to read and to append to; makes it, and the folders above it, when they are not there. One that
/// others could read, because another program made it, is closed to them.
///
/// # Errors
///
/// Those of the system, and when the name is that of a link to a file of others.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let file = File::options().create(true).read(true).append(true).mode(0o600).open(path)?;
    let found = file.metadata()?;
    // What is no file (`/dev/null`) is left as it is.
    if found.is_file() && found.mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// Replaces the content of a file in one step: whoever reads it meanwhile sees the old or the new, and so does
/// whoever comes after a crash.
///
/// # Errors
///
/// Those of the system; the file is then what it was.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?;
    io::Write::write_all(&mut file, content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Removes the folders in `parent` that `is_left` recognizes by their name, when they are ours.
pub(crate) fn remove_left(parent: &Path, is_left: impl Fn(&str) -> bool) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(&is_left) && is_ours(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().expect("there").mode() & 0o777
    }

    #[test]
    fn folders_are_new_private_and_have_names_that_nobody_can_foresee() {
        let parent = tempfile::tempdir().expect("a folder");
        let folders: Vec<TempDir> =
            (0..20).map(|_| folder("sd35-x-", parent.path()).expect("made")).collect();
        let mut names: Vec<String> = folders
            .iter()
            .map(|folder| folder.path().file_name().expect("a name").to_string_lossy().into_owned())
            .collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), folders.len());
        for (folder, name) in folders.iter().zip(&names) {
            assert_eq!((mode(folder.path()), is_ours(folder.path())), (0o700, true));
            assert_eq!(name.len(), "sd35-x-".len() + 16);
        }
        fs::set_permissions(folders[0].path(), Permissions::from_mode(0o755)).expect("ours");
        std::os::unix::fs::symlink(folders[1].path(), parent.path().join("link")).expect("made");
        assert!(!is_ours(folders[0].path()) && !is_ours(&parent.path().join("link")));
    }

    #[test]
    fn a_file_that_others_could_read_is_closed_to_them() {
        let parent = tempfile::tempdir().expect("a folder");
        let file = parent.path().join("deep/record");
        drop(open(&file).expect("made"));
        assert_eq!((mode(&file), mode(&parent.path().join("deep"))), (0o600, 0o700));
        fs::set_permissions(&file, Permissions::from_mode(0o666)).expect("ours");
        drop(open(&file).expect("opened"));
        assert_eq!(mode(&file), 0o600);
        replace(&file, b"new").expect("written");
        assert_eq!((mode(&file), fs::read(&file).expect("there")), (0o600, b"new".to_vec()));
        assert!(open(Path::new("/dev/null")).is_ok());
    }

    /// Only root can become another user.
    #[test]
    #[expect(clippy::print_stdout, reason = "a test says what it could not try")]
    fn another_user_can_neither_look_into_a_folder_nor_have_one_removed() {
        if !rustix::process::geteuid().is_root() {
            println!("not tried: only root can become another user");
            return;
        }
        let parent = tempfile::tempdir().expect("a folder");
        fs::set_permissions(parent.path(), Permissions::from_mode(0o1777)).expect("ours");
        let ours = folder("sd35-x-", parent.path()).expect("made");
        fs::write(ours.path().join("source"), "secret").expect("written");
        let as_another = |line: &str| {
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", line]).current_dir(parent.path()).uid(54_321).gid(54_321);
            shell.output().expect("a shell").status.success()
        };
        assert!(as_another("mkdir -m 700 sd35-x-theirs && true"));
        let path = ours.path().display();
        assert!(!as_another(&format!("cat {path}/source")) && !as_another(&format!("ls {path}")));
        assert!(!as_another(&format!("touch {path}/mine")));
        remove_left(parent.path(), |name| name.starts_with("sd35-x-"));
        assert!(parent.path().join("sd35-x-theirs").exists() && !ours.path().exists());
    }
}
