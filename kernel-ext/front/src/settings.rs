//! What the prebuilt library's folder says about the tools that compile cells.

use std::fs;
use std::path::{Path, PathBuf};

/// One `key=value` per line in the file `settings`, so that reading it costs nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The package manager.
    pub cargo: PathBuf,
    /// The compiler.
    pub rustc: PathBuf,
    /// The folder of the standard library's own dynamic library.
    pub std: PathBuf,
    /// The system that it compiles for.
    pub host: String,
    /// The folder of the prebuilt library.
    pub library: PathBuf,
    /// A linker that was seen to work when it is called directly.
    pub linker: Option<PathBuf>,
    /// An empty library of the prebuilt one's name, for that linker.
    pub stub: PathBuf,
    /// Arithmetic that the processor does not have, for the same.
    pub builtins: Option<PathBuf>,
}

const FILE: &str = "settings";

impl Settings {
    /// Reads the file in `folder`.
    ///
    /// # Errors
    ///
    /// One sentence: what the file has not, or why it cannot be read.
    pub fn load(folder: &Path) -> Result<Self, String> {
        let path = folder.join(FILE);
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        Self::parse(&text).map_err(|key| format!("{} has no `{key}`", path.display()))
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        let find = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        let get = |key: &'static str| find(key).ok_or(key);
        Ok(Self {
            cargo: get("cargo")?.into(),
            rustc: get("rustc")?.into(),
            std: get("std")?.into(),
            host: get("host")?.to_owned(),
            library: get("library")?.into(),
            linker: find("linker").map(PathBuf::from),
            stub: get("stub")?.into(),
            builtins: find("builtins").map(PathBuf::from),
        })
    }

    fn to_text(&self) -> String {
        let path = |path: &PathBuf| path.display().to_string();
        let lines = [
            ("cargo", Some(path(&self.cargo))),
            ("rustc", Some(path(&self.rustc))),
            ("std", Some(path(&self.std))),
            ("host", Some(self.host.clone())),
            ("library", Some(path(&self.library))),
            ("linker", self.linker.as_ref().map(path)),
            ("stub", Some(path(&self.stub))),
            ("builtins", self.builtins.as_ref().map(path)),
        ];
        lines.iter().filter_map(|(key, value)| Some(format!("{key}={}\n", value.as_ref()?))).collect()
    }

    /// Writes the file into `folder`.
    ///
    /// # Errors
    ///
    /// Fails when the folder cannot be written.
    pub fn save(&self, folder: &Path) -> std::io::Result<()> {
        fs::write(folder.join(FILE), self.to_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let some =
            Settings { host: "host".into(), linker: Some("/usr/bin/ld".into()), ..Settings::default() };
        for settings in [some, Settings::default()] {
            assert_eq!(Settings::parse(&settings.to_text()), Ok(settings));
        }
        assert_eq!(Settings::parse("cargo=x"), Err("rustc"));
    }
}
