//! The crates inside the prebuilt library.
//!
//! A cell can name some of them as any program can that depends on them. And where the reader's own crates
//! (`:dep`) need one that is inside, it is not compiled a second time: a value that the one crate makes would
//! not fit the other.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};
use toml::Value;

use crate::dependencies;

/// The file that lists them, in the folder of the library.
const FILE: &str = "crates.json";

/// A crate, as it was compiled for the library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crate {
    /// The name in code: `serde_json`.
    pub name: String,
    /// The exact version.
    pub version: String,
    /// What is turned on.
    pub features: Vec<String>,
    /// Its metadata, in the folder of the library.
    pub file: String,
    /// A cell can name it.
    pub named: bool,
}

/// What is inside the library in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crates {
    library: PathBuf,
    all: Vec<Crate>,
}

impl Crates {
    /// Reads the list in the folder of the library.
    ///
    /// # Errors
    ///
    /// Fails when there is none.
    pub fn load(library: &Path) -> io::Result<Self> {
        let all = serde_json::from_slice(&fs::read(library.join(FILE))?)?;
        Ok(Self { library: library.to_owned(), all })
    }

    /// Writes a list into the folder of the library.
    ///
    /// # Errors
    ///
    /// Fails when the folder cannot be written.
    pub fn save(library: &Path, all: &[Crate]) -> io::Result<()> {
        fs::write(library.join(FILE), serde_json::to_vec(all)?)
    }

    /// Tells the compiler where the crates are that a cell can name, but for those that `arguments` tell already.
    pub fn arguments(&self, arguments: &[String]) -> Vec<String> {
        let told = |name: &str| {
            arguments.windows(2).any(|pair| {
                let other = pair[1].split('=').next().and_then(|other| other.rsplit(':').next());
                pair[0] == "--extern" && other == Some(name)
            })
        };
        let named = self.all.iter().filter(|known| known.named && !told(&known.name));
        named
            .flat_map(|known| {
                let file = self.library.join(&known.file);
                ["--extern".to_owned(), format!("{}={}", known.name, file.display())]
            })
            .collect()
    }

    /// Whether every crate that a manifest asks for is one that a cell can name anyway.
    pub fn satisfy(&self, manifest: &str) -> bool {
        dependencies::wanted(manifest).all(|line| self.satisfy_line(line))
    }

    /// The same for one line of its dependencies.
    pub(crate) fn satisfy_line(&self, line: &str) -> bool {
        line.parse::<toml::Table>()
            .is_ok_and(|wanted| wanted.iter().all(|(name, how)| self.satisfies(name, how)))
    }

    fn satisfies(&self, name: &str, how: &Value) -> bool {
        let name = name.replace('-', "_");
        let Some(known) = self.all.iter().find(|known| known.named && known.name == name) else {
            return false;
        };
        let (mut version, mut features, mut default) = ("*", Vec::new(), true);
        match how {
            Value::String(wanted) => version = wanted,
            Value::Table(table) => {
                for (key, value) in table {
                    match (key.as_str(), value) {
                        ("version", Value::String(wanted)) => version = wanted,
                        ("features", Value::Array(wanted)) => {
                            features
                                .extend(wanted.iter().map(|feature| feature.as_str().unwrap_or_default()));
                        }
                        ("default-features" | "default_features", Value::Boolean(wanted)) => {
                            default = *wanted
                        }
                        // Another source, another name.
                        _ => return false,
                    }
                }
            }
            _ => return false,
        }
        if default {
            features.push("default");
        }
        let fits = VersionReq::parse(version)
            .is_ok_and(|wanted| Version::parse(&known.version).is_ok_and(|version| wanted.matches(&version)));
        fits && features.iter().all(|feature| known.has(feature))
    }

    /// The metadata of the crate of that name and version, if it has those features.
    pub(crate) fn file(&self, name: &str, version: &str, features: &[&str]) -> Option<PathBuf> {
        let known = self.all.iter().find(|known| known.name == name && known.version == version)?;
        features.iter().all(|feature| known.has(feature)).then(|| self.library.join(&known.file))
    }
}

impl Crate {
    fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|on| on == feature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crates() -> Crates {
        let of = |name: &str, version: &str, features: &[&str], named| Crate {
            name: name.to_owned(),
            version: version.to_owned(),
            features: features.iter().map(|feature| (*feature).to_owned()).collect(),
            file: format!("lib{name}-1.rmeta"),
            named,
        };
        let all = vec![
            of("serde_json", "1.0.154", &["default", "std"], true),
            of("plotters", "0.3.7", &["svg_backend", "evcxr"], true),
            of("ryu", "1.0.20", &[], false),
        ];
        Crates { library: "/lib".into(), all }
    }

    #[test]
    fn what_is_inside_is_not_built_again() {
        for (wanted, expected) in [
            ("", true),
            ("serde_json = \"1\"", true),
            ("serde-json = \"*\"", true),
            ("serde_json = { version = \"1.0.100\", features = [\"std\"] }", true),
            ("plotters = { version = \"^0.3.0\", default_features = false, features = [\"evcxr\"] }", true),
            ("serde_json = \"1\"\nplotters = { version = \"0.3\", default-features = false }", true),
            // Without its default features it is not what was asked for.
            ("plotters = \"0.3\"", false),
            ("serde_json = \"2\"", false),
            ("serde_json = { version = \"1\", features = [\"preserve_order\"] }", false),
            ("serde_json = { path = \"/own\" }", false),
            ("serde_json = { package = \"other\", version = \"1\" }", false),
            ("serde_json = \"1\"\nrand = \"0.8\"", false),
            ("ryu = { version = \"1\", default-features = false }", false),
            ("not toml", false),
        ] {
            let manifest = format!("[package]\nname = \"ctx\"\n[dependencies]\n{wanted}\n");
            assert_eq!(crates().satisfy(&manifest), expected, "{wanted}");
        }
    }

    #[test]
    fn the_readers_own_crate_goes_before_the_librarys() {
        let own = ["--extern", "noprelude:serde_json=/own.rlib", "-L", "x"].map(str::to_owned);
        assert_eq!(crates().arguments(&own), ["--extern", "plotters=/lib/libplotters-1.rmeta"]);
        assert_eq!(crates().arguments(&[]).len(), 4);
    }

    #[test]
    fn another_version_or_feature_is_another_crate() {
        let file = |version, features: &[&str]| crates().file("serde_json", version, features);
        assert_eq!(file("1.0.154", &["std"]), Some("/lib/libserde_json-1.rmeta".into()));
        assert_eq!((file("1.0.153", &[]), file("1.0.154", &["unbounded_depth"])), (None, None));
    }
}
