//! Finding a server: an address in the environment, or a program on this machine.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use crate::ground::error::LabError;
pub(crate) use crate::ground::system::Package;
use crate::ground::system::System;

/// Where administrators' programs are, which the PATH of an ordinary user may lack.
const USUAL: [&str; 7] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/opt/homebrew/bin",
    "/opt/homebrew/sbin",
];

/// A program that the lab can start.
#[derive(Debug)]
pub(crate) struct Program {
    /// The file's name.
    pub(crate) name: &'static str,
    /// What brings it.
    pub(crate) package: Package,
    /// The environment variable that gives the address of a running one, where one can be used.
    pub(crate) variable: Option<&'static str>,
    /// How its version is known.
    pub(crate) version: Version,
    /// The oldest version that the lab's configuration works with.
    pub(crate) oldest: &'static str,
    /// A folder with one folder for each version, such as `/usr/lib/postgresql`, and the folder inside.
    pub(crate) versioned: Option<(&'static str, &'static str)>,
}

/// Where the version of a program is told.
#[derive(Debug)]
pub(crate) enum Version {
    /// In what it prints when it is given this.
    Flag(&'static str),
    /// In the name of this library, which it runs.
    Beside(&'static str),
    /// In the name of the folder that it lies in, after these letters.
    InPath(&'static str),
    /// Nowhere; it is taken as it is.
    Untold,
}

/// A program that was found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    pub(crate) version: String,
}

impl Program {
    /// The address that the environment gives for this server, if any.
    pub(crate) fn given(&self) -> Result<Option<SocketAddr>, LabError> {
        let Some(variable) = self.variable else { return Ok(None) };
        let Ok(value) = std::env::var(variable) else { return Ok(None) };
        let address = value.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
        address.map(Some).ok_or(LabError::BadAddress { variable, value })
    }

    /// How to get it on this machine.
    pub(crate) fn install(&self) -> String {
        System::here().install(&self.package)
    }

    /// Finds the program, and asks it for its version.
    pub(crate) fn find(&self) -> Result<Found, LabError> {
        let missing =
            || LabError::Missing { program: self.name, install: self.install(), variable: self.variable };
        let path = self.path().ok_or_else(missing)?;
        let version = match self.version {
            Version::Flag(flag) => printed_version(&path, flag),
            Version::Beside(library) => version_beside(Path::new(library)),
            Version::InPath(before) => version_in_path(&path, before),
            Version::Untold => return Ok(Found { path, version: String::new() }),
        };
        let version = version.ok_or_else(missing)?;
        if parts(&version) < parts(self.oldest) {
            return Err(LabError::TooOld {
                program: self.name,
                found: version,
                needed: self.oldest,
                install: self.install(),
            });
        }
        Ok(Found { path, version })
    }

    fn path(&self) -> Option<PathBuf> {
        if let Some((root, inner)) = self.versioned {
            let mut versions: Vec<PathBuf> =
                std::fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
            versions.sort_by_key(|path| parts(&path.file_name().unwrap_or_default().to_string_lossy()));
            let newest = versions.iter().rev().map(|path| path.join(inner).join(self.name));
            if let Some(path) = newest.into_iter().find(|path| is_program(path)) {
                return Some(path);
            }
        }
        on_path(self.name)
    }
}

/// The file of this name on the PATH or in a usual place.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(USUAL.iter().map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// What the program says; each is asked once.
fn printed_version(path: &Path, flag: &str) -> Option<String> {
    static SEEN: Mutex<BTreeMap<PathBuf, String>> = Mutex::new(BTreeMap::new());
    let mut seen = SEEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(version) = seen.get(path) {
        return Some(version.clone());
    }
    let version = ask(path, flag)?;
    seen.insert(path.to_owned(), version.clone());
    Some(version)
}

/// The version of a program whose real place is in `name-1.2.3/`.
fn version_in_path(path: &Path, before: &str) -> Option<String> {
    let real = path.canonicalize().ok()?;
    let mut folders = real.iter().filter_map(OsStr::to_str);
    folders.find_map(|folder| version_in(folder.strip_prefix(before)?))
}

/// The version of `x.jar`, which is in the name of a link beside it, `x-1.2.3.jar`.
fn version_beside(library: &Path) -> Option<String> {
    let start = format!("{}-", library.file_stem()?.to_str()?);
    if !library.exists() {
        return None;
    }
    let names = library.parent()?.read_dir().ok()?.flatten().map(|entry| entry.file_name());
    names.into_iter().find_map(|name| {
        let version = name.to_str()?.strip_prefix(&start)?;
        // Not those of other libraries, such as `x-tools-1.2.3.jar`.
        version.starts_with(|c: char| c.is_ascii_digit()).then(|| version_in(version))?
    })
}

/// The first version number in what the program prints.
fn ask(path: &Path, flag: impl AsRef<OsStr>) -> Option<String> {
    let output = Command::new(path).arg(flag).current_dir("/").stdin(Stdio::null()).output().ok()?;
    let printed = [output.stdout, output.stderr].concat();
    version_in(&String::from_utf8_lossy(&printed))
}

/// The first number with a point in it: `15.18` in `postgres (PostgreSQL) 15.18 (Debian ...)`.
fn version_in(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.')
        .map(|word| word.trim_matches('.'))
        .find(|word| word.contains('.'))
        .map(str::to_owned)
}

fn parts(version: &str) -> Vec<u32> {
    version.split('.').map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_as_programs_print_them() {
        for (text, version) in [
            ("Redis server v=7.0.15 sha=00000000:0", "7.0.15"),
            ("nginx version: nginx/1.22.1", "1.22.1"),
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "15.18"),
            ("memcached 1.6.18", "1.6.18"),
        ] {
            assert_eq!(version_in(text).as_deref(), Some(version));
        }
        assert_eq!(version_in("no number 7"), None);
        assert!(parts("10.11.2") > parts("9.6"));
    }

    #[test]
    fn a_missing_and_an_old_program_are_told_apart() {
        let shell = Program {
            name: "no-such-server",
            package: Package::Named("some-package"),
            variable: Some("SD35_NO_SUCH_SERVER"),
            version: Version::Flag("--version"),
            oldest: "1.0",
            versioned: None,
        };
        let message = shell.find().expect_err("missing").to_string();
        assert!(message.contains("some-package"), "{message}");
        assert!(message.contains("SD35_NO_SUCH_SERVER=127.0.0.1:PORT"), "{message}");
        let old = Program { name: "grep", oldest: "999.0", ..shell };
        assert!(matches!(old.find(), Err(LabError::TooOld { .. })));
        assert!(old.given().expect("not set").is_none());
    }
}
