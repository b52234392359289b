//! Servers that outlive a cell (`sd35 lab up`): where they are, and how their clients come in.
//!
//! It is in a file in the user's own folder for state, which nobody else can make first or read. The process that
//! holds the servers keeps it locked, so that whoever finds it can tell whether that one still lives.

use std::fs::{self, DirBuilder, File};
use std::io::{self, BufReader, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::secret::Secret;

/// One of the servers.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Held {
    pub(crate) name: String,
    pub(crate) variable: String,
    pub(crate) address: String,
    pub(crate) version: String,
    pub(crate) folder: PathBuf,
    /// The password of its clients; empty when it takes none.
    pub(crate) password: String,
}

/// The file: below `$XDG_STATE_HOME`, else `~/.local/state`. `None` where there is no home.
pub(crate) fn file() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = variable("XDG_STATE_HOME").or_else(|| Some(variable("HOME")?.join(".local/state")))?;
    Some(state.join("sd35/workshop.json"))
}

/// What is held, if a holder lives.
pub(crate) fn held() -> Option<Vec<Held>> {
    read(&file()?)
}

fn read(file: &Path) -> Option<Vec<Held>> {
    let file = File::open(file).ok()?;
    if file.try_lock().is_ok() {
        return None;
    }
    serde_json::from_reader(BufReader::new(file)).ok()
}

/// Writes down what is held; the value keeps the file locked.
///
/// # Errors
///
/// Those of the system, and when another holder lives.
pub(crate) fn write(path: &Path, held: &[Held]) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    // That of a holder who was killed, or a link to somewhere else: what it leads to is left alone.
    if read(path).is_some() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "another holder lives"));
    }
    let _ = fs::remove_file(path);
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    file.try_lock()?;
    file.write_all(&serde_json::to_vec(held)?)?;
    Ok(file)
}

/// The password of the server at `address`, when it is held and takes one.
pub(crate) fn password_at(address: SocketAddr) -> Option<Secret> {
    let held = held()?.into_iter().find(|held| held.address == address.to_string())?;
    (!held.password.is_empty()).then(|| Secret::known(&held.password))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn the_file_is_private_and_no_link_is_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, precious) = (folder.path().join("deep/workshop.json"), folder.path().join("precious"));
        fs::write(&precious, "precious").expect("written");
        fs::create_dir(folder.path().join("deep")).and_then(|()| symlink(&precious, &path)).expect("made");
        let held = Held {
            name: "redis".into(),
            variable: "SD35_REDIS".into(),
            address: "127.0.0.1:1".into(),
            version: "7".into(),
            folder: "/nowhere".into(),
            password: "secret".into(),
        };
        let lock = write(&path, &[held]).expect("written");
        assert_eq!(fs::read_to_string(&precious).expect("there"), "precious");
        assert_eq!(path.symlink_metadata().expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(read(&path).expect("held").len(), 1);
        assert!(write(&path, &[]).is_err(), "while a holder lives");
        drop(lock);
        assert!(read(&path).is_none() && write(&path, &[]).is_ok());
    }
}
