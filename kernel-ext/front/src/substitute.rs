//! Has cargo's compiler take crates from the prebuilt library, where the reader's own crates need them.
//!
//! Cargo, asked to build what `:dep` names, compiles all that it needs. A crate that is inside the library, with
//! the same version and at least the same features, is not compiled: the files that cargo waits for are left
//! empty, with the place of the library's beside them, and whoever needs the crate is given that instead. So
//! there is one `serde`, one `tokio` with one runtime, whoever asked for it.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::crates::Crates;

/// Ends the name of the file with the place of the library's crate.
const INSTEAD: &str = "inside";

/// The arguments of one run of the compiler.
pub(crate) struct Run<'a> {
    args: &'a [String],
}

impl<'a> Run<'a> {
    pub(crate) fn new(args: &'a [String]) -> Self {
        Self { args }
    }

    /// What follows `name` in the arguments, each time.
    fn values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.args.windows(2).filter(move |pair| pair[0] == name).map(|pair| pair[1].as_str())
    }

    /// Whether it compiles the crate `name`.
    pub(crate) fn is_of(&self, name: &str) -> bool {
        self.values("--crate-name").next() == Some(name)
    }

    /// Whether it makes code, and not metadata only.
    pub(crate) fn makes_code(&self) -> bool {
        self.args.iter().any(|arg| arg.starts_with("--emit=") && arg.contains("link"))
    }

    /// The same arguments with the library's crates where those are to be used.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut arguments = self.args.to_vec();
        for at in 1..arguments.len() {
            if arguments[at - 1] == "--extern"
                && let Some((name, file)) = arguments[at].split_once('=')
                && let Ok(library) = fs::read_to_string(Path::new(file).with_extension(INSTEAD))
            {
                arguments[at] = format!("{name}={library}");
            }
        }
        arguments
    }

    /// Leaves the library's crate instead of compiling this one. False when it is not the same, or one that it
    /// needs is not.
    pub(crate) fn substitute(&self, crates: &Crates, version: &str) -> io::Result<bool> {
        let Some(library) = self.inside(crates, version) else { return Ok(false) };
        let (Some(out), Some(name)) = (self.values("--out-dir").next(), self.values("--crate-name").next())
        else {
            return Ok(false);
        };
        let suffix =
            self.values("-C").find_map(|flag| flag.strip_prefix("extra-filename=")).unwrap_or_default();
        let file = |kind: &str| Path::new(out).join(format!("lib{name}{suffix}.{kind}"));
        fs::write(file(INSTEAD), library.display().to_string())?;
        fs::write(file("rmeta"), "")?;
        if self.makes_code() {
            fs::write(file("rlib"), "")?;
        }
        // What cargo looks at to see whether it is up to date.
        let source = self.args.iter().find(|arg| arg.ends_with(".rs")).map_or("", String::as_str);
        let made = file("rmeta").display().to_string();
        let depends = Path::new(out).join(format!("{name}{suffix}.d"));
        fs::write(depends, format!("{made}: {source}\n\n{source}:\n"))?;
        // Those who need only the metadata may start.
        let done = serde_json::json!({ "$message_type": "artifact", "artifact": made, "emit": "metadata" });
        writeln!(io::stderr(), "{done}")?;
        Ok(true)
    }

    fn inside(&self, crates: &Crates, version: &str) -> Option<PathBuf> {
        // Programs that run while cargo builds, and macros of the compiler, are not for cells.
        let for_cells = self.args.iter().any(|arg| arg == "--target");
        let ordinary = self.values("--crate-type").all(|kind| matches!(kind, "lib" | "rlib"));
        if !for_cells || !ordinary {
            return None;
        }
        let features: Vec<&str> = self
            .values("--cfg")
            .filter_map(|flag| flag.strip_prefix("feature=\"")?.strip_suffix('"'))
            .collect();
        let same = |needed: &str| {
            let file = Path::new(needed.split_once('=').map_or(needed, |(_, file)| file));
            // A macro may be another build of the same.
            let compiled = file.extension().is_some_and(|kind| kind == "rmeta" || kind == "rlib");
            !compiled || file.with_extension(INSTEAD).exists()
        };
        let library = crates.file(self.values("--crate-name").next()?, version, &features)?;
        self.values("--extern").all(same).then_some(library)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crates::Crate;

    #[test]
    fn a_crate_is_taken_from_the_library_with_all_that_it_needs() {
        let folder = tempfile::tempdir().expect("a folder");
        let of = |name: &str, features: &[&str]| Crate {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            features: features.iter().map(|feature| (*feature).to_owned()).collect(),
            file: format!("lib{name}-lib.rmeta"),
            named: true,
        };
        Crates::save(folder.path(), &[of("bytes", &[]), of("tokio", &["net"])]).expect("written");
        let crates = Crates::load(folder.path()).expect("read");
        let out = folder.path().join("deps");
        fs::create_dir(&out).expect("a folder");
        let place = |name: &str| out.join(name).display().to_string();
        let run = |name: &str, more: &[&str]| -> Vec<String> {
            let common = ["--crate-type", "lib", "--emit=dep-info,metadata,link", "-C", "extra-filename=-7"];
            let args = ["--crate-name", name, "--out-dir", &out.display().to_string(), "--target", "host"];
            args.iter().chain(&common).chain(more).map(|arg| (*arg).to_owned()).collect()
        };
        let bytes_needed = format!("bytes={}", place("libbytes-7.rmeta"));
        let tokio = run("tokio", &["--cfg", "feature=\"net\"", "--extern", &bytes_needed]);
        let substituted =
            |args: &[String], version| Run::new(args).substitute(&crates, version).expect("done");
        // As long as there are two `bytes`, there must be two `tokio`.
        assert!(!substituted(&tokio, "1.0.0"));
        let bytes = run("bytes", &[]);
        assert!(!substituted(&bytes, "1.0.1"));
        assert!(substituted(&bytes, "1.0.0"));
        assert!(substituted(&tokio, "1.0.0"));
        assert!(!substituted(&run("tokio", &["--cfg", "feature=\"fs\""]), "1.0.0"));
        assert!(out.join("libtokio-7.rlib").exists() && out.join("libtokio-7.rmeta").exists());
        // Whoever needs it gets the library's.
        let tokio_needed = format!("tokio={}", place("libtokio-7.rlib"));
        let other = format!("other={}", place("libother-7.rlib"));
        let cell = run("ctx", &["--extern", &tokio_needed, "--extern", &other]);
        let given = Run::new(&cell).arguments();
        assert!(given.contains(&format!("tokio={}", folder.path().join("libtokio-lib.rmeta").display())));
        assert!(given.contains(&other));
    }
}
