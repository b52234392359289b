//! A hash of the sources that the wasm module is built from: ours, and those modules of `lessons` that we use,
//! directly or through others. Comments and tests do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use algorithms::hash::hash_str;

/// The hash, in hexadecimal.
pub(crate) fn hash() -> Result<String, String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let modules = modules(&here.join("../../lessons-crate/algorithms/src"))?;
    let mut used: BTreeMap<PathBuf, String> = read(&here.join("src"))?;
    // The module that this file is in is not part of it.
    used.retain(|file, _| !file.ends_with("main.rs") && !file.ends_with("sources.rs"));
    let mut seen = BTreeSet::new();
    let mut next: Vec<&str> =
        modules.keys().map(String::as_str).filter(|name| names(used.values(), name)).collect();
    while let Some(name) = next.pop() {
        if seen.insert(name) {
            let code = modules[name].values();
            next.extend(modules.keys().map(String::as_str).filter(|other| names(code.clone(), other)));
            used.extend(modules[name].clone());
        }
    }
    let hash = used.iter().fold(0, |hash, (file, code)| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        hash_str(code, hash_str(&name, hash))
    });
    Ok(format!("{hash:016x}"))
}

/// The code of each module of the library, by file.
fn modules(source: &Path) -> Result<BTreeMap<String, BTreeMap<PathBuf, String>>, String> {
    let mut modules: BTreeMap<String, BTreeMap<PathBuf, String>> = BTreeMap::new();
    for (file, code) in read(source)? {
        let below = file.strip_prefix(source).unwrap_or(&file);
        let first = below.components().next().map(|part| part.as_os_str().to_string_lossy().into_owned());
        let name = first.unwrap_or_default().trim_end_matches(".rs").to_owned();
        // The prelude names everything, and is for cells; what is not compiled for wasm is not in it.
        if !["lib", "prelude", "check", "plot", "lab", "cell", "dataset"].contains(&name.as_str()) {
            modules.entry(name).or_default().insert(file, code);
        }
    }
    Ok(modules)
}

/// Whether some of the code uses a module of the library. Several imported at once may be any.
fn names<'a>(mut code: impl Iterator<Item = &'a String>, module: &str) -> bool {
    let ways = ["crate", "algorithms"].map(|root| format!("{root}::{module}"));
    let several = ["use crate::{", "use algorithms::{"];
    code.any(|code| {
        ways.iter().any(|way| code.contains(way.as_str())) || several.iter().any(|way| code.contains(way))
    })
}

/// All code below a folder.
fn read(folder: &Path) -> Result<BTreeMap<PathBuf, String>, String> {
    let mut found = BTreeMap::new();
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if stem == "tests" || stem.ends_with("_tests") {
            continue;
        }
        if path.is_dir() {
            found.extend(read(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            found.insert(path, code_of(&text));
        }
    }
    Ok(found)
}

/// The lines that are compiled into the module: no comments, and no tests, which end a file.
fn code_of(text: &str) -> String {
    let tests =
        text.find("#[cfg(test)]\nmod tests {").or_else(|| text.find("#[cfg(test)]\npub(super) mod tests {"));
    let code = &text[..tests.unwrap_or(text.len())];
    let lines = code.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_tests_do_not_count() {
        let code =
            "//! About.\n\nfn f() {\n    // why\n    1\n}\n\n#[cfg(test)]\nmod tests {\n    fn g() {}\n}\n";
        assert_eq!(code_of(code), "fn f() {\n1\n}");
    }

    #[test]
    fn a_module_is_found_where_it_is_named() {
        let code = ["use algorithms::sketch::BloomFilter;".to_owned(), "crate::rng::Rng".to_owned()];
        assert!(names(code.iter(), "sketch") && names(code.iter(), "rng") && !names(code.iter(), "lab"));
        assert!(names(["use crate::{hash, rng};".to_owned()].iter(), "anything"));
    }

    #[test]
    fn the_hash_is_of_now() {
        assert_eq!(hash().expect("the sources").len(), 16);
    }
}
