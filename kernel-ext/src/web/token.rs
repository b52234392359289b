//! The secret in the server's address: 122 random bits, the same at every start for one user and one folder, so that
//! an open page and a bookmark go on working.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use sha2::{Digest as _, Sha256};

use crate::private;

/// Shorter ones could be found by trying.
const SHORTEST: usize = 8;

/// A new one.
pub(super) fn fresh() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// Refuses what is no secret, and what an address cannot hold as it is.
pub(super) fn check(token: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    ensure!(
        token.len() >= SHORTEST && token.chars().all(plain),
        "the token is what keeps other programs out: it must have {SHORTEST} characters or more, and of letters, \
         digits and -._~ only"
    );
    Ok(())
}

/// The file that keeps the token of the server of the folder `site`; `None` where there is no home.
pub fn file(site: &Path) -> Option<PathBuf> {
    let site = site.canonicalize().unwrap_or_else(|_| site.to_owned());
    let digest = Sha256::digest(site.as_os_str().as_encoded_bytes());
    let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    crate::paths::token(&name)
}

/// The token that `file` keeps; a new one is put there when there is none, or when others could have read it. Where
/// nothing can be kept it is new at every start.
pub fn kept(file: Option<&Path>) -> String {
    let known =
        file.filter(|file| private::is_our_file(file)).and_then(|file| std::fs::read_to_string(file).ok());
    if let Some(known) = known.filter(|known| known.len() == fresh().len() && check(known).is_ok()) {
        return known;
    }
    let token = fresh();
    // A disk that is full or read-only must not keep the book shut.
    let _ = file.map(|file| private::replace(file, token.as_bytes()));
    token
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_token_is_kept_as_long_as_nobody_else_can_read_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("deep/token");
        let first = kept(Some(&file));
        assert_eq!((first.len(), kept(Some(&file))), (32, first.clone()));
        assert_eq!(fs::metadata(&file).expect("kept").permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("ours");
        let second = kept(Some(&file));
        assert!(second != first && kept(Some(&file)) == second);
        for broken in ["", "short", "0123456789abcdef 123456789abcdef"] {
            fs::write(&file, broken).expect("written");
            assert_ne!(kept(Some(&file)), broken);
        }
        assert_ne!(kept(None), kept(None));
        assert_ne!(kept(Some(Path::new("/proc/none/token"))), kept(Some(Path::new("/proc/none/token"))));
    }

    #[test]
    fn tokens_of_the_reader() {
        for good in ["the-token", "0123456789abcdef0123456789abcdef", "a.b_c~d-"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "x",
            "seven77",
            "with&sign",
            "with#sign",
            "with space",
            "percent%41",
            "\u{e9}\u{e9}\u{e9}\u{e9}",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
