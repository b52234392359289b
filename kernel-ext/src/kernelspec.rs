//! Tells Jupyter that the kernel exists: `kernels/sd35/kernel.json` in one of Jupyter's data folders.
//!
//! Source: Jupyter Development Team, "Kernel specs" (jupyter_client) and "Common Directories"
//! (jupyter_core).

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

/// The kernel's name, which notebooks carry in their metadata.
pub const NAME: &str = "sd35";

/// The name that people read.
pub const DISPLAY_NAME: &str = "Rust (System Design in 35 Days)";

/// In which of Jupyter's data folders the kernel is registered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Location {
    /// The user's own: `JUPYTER_DATA_DIR`, else `jupyter` in the user's folder for data.
    #[default]
    User,
    /// That of the Python environment in use.
    SysPrefix,
    /// `share/jupyter` in this installation folder, such as `/usr/local`.
    Prefix(PathBuf),
}

impl Location {
    /// The data folder itself.
    fn data_folder(&self) -> Result<PathBuf> {
        let share = |prefix: PathBuf| prefix.join("share").join("jupyter");
        match self {
            Self::User => user_data_folder(variable),
            Self::SysPrefix => python_prefix().map(share),
            Self::Prefix(prefix) => std::path::absolute(prefix).map(share).context("no such prefix"),
        }
    }
}

/// Registers this program as a kernel, and returns the folder that now holds `kernel.json`. An earlier
/// registration is replaced at one stroke.
///
/// # Errors
///
/// Fails when the folder cannot be found or written.
pub fn install(location: &Location) -> Result<PathBuf> {
    install_in(&location.data_folder()?)
}

/// Removes the registration, and returns the folder that held it.
///
/// # Errors
///
/// Fails when there is none, or it cannot be removed.
pub fn uninstall(location: &Location) -> Result<PathBuf> {
    let folder = folder_in(&location.data_folder()?);
    if !folder.join("kernel.json").exists() {
        bail!("the kernel is not registered in {}", folder.display());
    }
    std::fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    Ok(folder)
}

/// Registers the kernel in one data folder.
pub(crate) fn install_in(data_folder: &Path) -> Result<PathBuf> {
    let folder = folder_in(data_folder);
    let program = std::env::current_exe().context("this program cannot find its own file")?;
    let text = serde_json::to_string_pretty(&specification(&program)?)?;
    write(&folder, &text).with_context(|| format!("cannot write to {}", folder.display()))?;
    Ok(folder)
}

fn folder_in(data_folder: &Path) -> PathBuf {
    data_folder.join("kernels").join(NAME)
}

fn write(folder: &Path, text: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    // Others may use the same installation, so they must be able to read it.
    let mut file = tempfile::Builder::new().permissions(Permissions::from_mode(0o644)).tempfile_in(folder)?;
    writeln!(file, "{text}")?;
    file.persist(folder.join("kernel.json")).map_err(|error| error.error)?;
    Ok(())
}

/// The content of `kernel.json`.
fn specification(program: &Path) -> Result<Value> {
    let program = program.to_str().context("Jupyter cannot start a program whose path is not UTF-8")?;
    Ok(json!({
        "argv": [program, "kernel", "run", "--connection-file", "{connection_file}"],
        "display_name": DISPLAY_NAME,
        "language": "rust",
        // An interrupt is a message on the control channel, so that variables can be kept.
        "interrupt_mode": "message",
        "metadata": { "debugger": false },
    }))
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn user_data_folder(variable: impl Fn(&str) -> Option<PathBuf>) -> Result<PathBuf> {
    if let Some(folder) = variable("JUPYTER_DATA_DIR") {
        return std::path::absolute(folder).context("JUPYTER_DATA_DIR is not a folder");
    }
    let home = || variable("HOME").context("no home folder: set HOME or JUPYTER_DATA_DIR");
    if cfg!(target_os = "macos") {
        return Ok(home()?.join("Library").join("Jupyter"));
    }
    let data = match variable("XDG_DATA_HOME") {
        Some(folder) => folder,
        None => home()?.join(".local").join("share"),
    };
    Ok(data.join("jupyter"))
}

/// The folder of the Python environment in use.
fn python_prefix() -> Result<PathBuf> {
    if let Some(prefix) = variable("VIRTUAL_ENV").or_else(|| variable("CONDA_PREFIX")) {
        return Ok(prefix);
    }
    let output = Command::new("python3").args(["-c", "import sys; print(sys.prefix, end='')"]).output();
    match output {
        Ok(output) if output.status.success() => {
            Ok(PathBuf::from(String::from_utf8(output.stdout).context("python3 named an odd folder")?))
        }
        _ => bail!("no Python environment is active and python3 does not run; use --user or --prefix"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_folder() {
        let found = |set: &[(&str, &str)]| {
            let find = |name: &str| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| PathBuf::from(value))
            };
            user_data_folder(find).map(|path| path.display().to_string()).unwrap_or_else(|e| e.to_string())
        };
        let home = ("HOME", "/home/ada");
        assert_eq!(found(&[home, ("JUPYTER_DATA_DIR", "/data"), ("XDG_DATA_HOME", "/x")]), "/data");
        if cfg!(target_os = "macos") {
            assert_eq!(found(&[home]), "/home/ada/Library/Jupyter");
        } else {
            assert_eq!(found(&[home, ("XDG_DATA_HOME", "/x")]), "/x/jupyter");
            assert_eq!(found(&[home]), "/home/ada/.local/share/jupyter");
        }
        assert_eq!(found(&[]), "no home folder: set HOME or JUPYTER_DATA_DIR");
    }

    #[test]
    fn installed_replaced_and_removed() {
        let prefix = tempfile::tempdir().expect("a folder");
        let location = Location::Prefix(prefix.path().to_owned());
        let folder = install(&location).expect("installed");
        assert_eq!(folder, prefix.path().join("share/jupyter/kernels/sd35"));
        std::fs::write(folder.join("kernel.json"), "old").expect("written");
        install(&location).expect("installed again");
        let text = std::fs::read(folder.join("kernel.json")).expect("read");
        let written: Value = serde_json::from_slice(&text).expect("JSON");
        assert_eq!(written["display_name"], DISPLAY_NAME);
        assert_eq!(written["argv"][4], "{connection_file}");
        assert!(Path::new(written["argv"][0].as_str().expect("a path")).is_absolute());
        let mode = std::fs::metadata(folder.join("kernel.json")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
        assert_eq!(std::fs::read_dir(&folder).expect("a folder").count(), 1, "nothing half-made is left");
        uninstall(&location).expect("removed");
        assert!(!folder.exists());
        let again = uninstall(&location).expect_err("gone").to_string();
        assert!(again.starts_with("the kernel is not registered in"), "{again}");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let error = install(&Location::Prefix(file.path().to_owned())).expect_err("a file is no folder");
        assert!(error.to_string().starts_with("cannot write to"), "{error}");
    }
}
