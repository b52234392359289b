//! What the map and the comments say of files is true, and sizes only shrink.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{files, root};

/// The pages that lead a newcomer.
const PAGES: [&str; 3] = ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"];

/// Lines of code in one file that can be read in one sitting.
const FILE_LINES: usize = 400;
/// How many files are longer. Only ever lowered.
const LONGER_FILES: usize = 0;
/// Lines of a function that fits on a screen.
const FUNCTION_LINES: usize = 70;
/// How many functions are longer. Only ever lowered.
const LONGER_FUNCTIONS: usize = 1;

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What stands between backticks.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Whether text names one file or folder of the course: a path, without places to fill in.
fn is_path(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let beginnings = ["book/", "kernel-ext/", "lessons-crate/", "datasets/", "deploy/", "xtask/"];
    // Made by the course itself.
    let made = ["book/site", "target/"];
    beginnings.iter().any(|beginning| text.starts_with(beginning))
        && !made.iter().any(|beginning| text.starts_with(beginning))
        && text.chars().all(plain)
        && !["NN", "topic", "name", "NAME"].iter().any(|gap| text.contains(gap))
}

#[test]
fn paths_on_the_map_lead_somewhere() {
    for page in PAGES {
        let text = read(&root().join(page));
        let dead: Vec<&str> =
            code(&text).filter(|path| is_path(path) && !root().join(path).exists()).collect();
        assert!(dead.is_empty(), "{page} names what is not there: {dead:?}");
    }
}

#[test]
fn every_room_is_on_the_map() {
    let map = read(&root().join("ARCHITECTURE.md"));
    let manifests = files(root(), "Cargo.toml").into_iter().filter(|path| !path.ends_with("fuzz/Cargo.toml"));
    let packages = manifests.filter_map(|path| Some(path.parent()?.strip_prefix(root()).ok()?.to_owned()));
    let folders = ["datasets", "deploy"].map(PathBuf::from);
    for room in packages.chain(folders).filter(|room| !room.as_os_str().is_empty()) {
        let room = room.display().to_string();
        let named = [format!("`{room}/`"), format!("`{room}`")];
        assert!(named.iter().any(|name| map.contains(name)), "ARCHITECTURE.md does not say what {room}/ is");
    }
}

#[test]
fn paths_in_comments_lead_somewhere() {
    let mut dead = Vec::new();
    for file in files(root(), ".rs") {
        for (number, line) in read(&file).lines().enumerate() {
            let Some((_, comment)) = line.split_once("//") else { continue };
            let words = comment.split(|c: char| c.is_whitespace() || "`()[],;:\"".contains(c));
            for path in words.map(|word| word.trim_end_matches('.')).filter(|path| is_path(path)) {
                if !root().join(path).exists() {
                    dead.push(format!("{}:{}: {path}", file.display(), number + 1));
                }
            }
        }
    }
    assert!(dead.is_empty(), "comments name what is not there:\n{}", dead.join("\n"));
}

#[test]
fn every_dependency_of_the_workspace_is_used() {
    let workspace: toml::Table = read(&root().join("Cargo.toml")).parse().expect("a manifest");
    let listed = workspace["workspace"]["dependencies"].as_table().expect("a table of dependencies");
    let manifests: Vec<String> = files(root(), "Cargo.toml")
        .iter()
        .filter(|path| path.parent() != Some(root()))
        .map(|path| read(path))
        .collect();
    let used = |name: &str| {
        let ways = [format!("{name}.workspace = true"), format!("{name} = {{ workspace = true")];
        manifests.iter().any(|text| text.lines().any(|line| ways.iter().any(|way| line.starts_with(way))))
    };
    let unused: Vec<&String> = listed.keys().filter(|name| !used(name)).collect();
    assert!(unused.is_empty(), "nobody uses {unused:?}");
}

/// The code of a file: without the unit tests at its end.
fn without_tests(text: &str) -> &str {
    let end = [
        "#[cfg(test)]\nmod tests {",
        "#[cfg(test)]\npub(super) mod tests {",
        "#[cfg(test)]\npub(crate) mod tests {",
    ]
    .iter()
    .filter_map(|start| text.find(start))
    .min();
    &text[..end.unwrap_or(text.len())]
}

/// Files of the course whose code people read: no tests, no benches, no planted mistakes.
fn sources() -> Vec<PathBuf> {
    let not_code = ["tests", "benches", "fuzz", "bin"];
    let planted = |path: &Path| {
        let below = path.strip_prefix(root().join("lessons-crate/exercises")).ok();
        below.is_some_and(|below| !below.starts_with("src") && !below.ends_with("check.rs"))
    };
    files(root(), ".rs")
        .into_iter()
        .filter(|path| !path.components().any(|part| not_code.iter().any(|name| part.as_os_str() == *name)))
        .filter(|path| {
            !path
                .file_stem()
                .is_some_and(|stem| stem == "tests" || stem.to_string_lossy().ends_with("_tests"))
        })
        .filter(|path| !planted(path))
        .collect()
}

/// The functions of formatted code that are longer than a screen: their lines, by place.
fn longer_functions(text: &str) -> BTreeMap<usize, usize> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = BTreeMap::new();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        let words = ["pub ", "pub(crate) ", "pub(super) ", "async ", "const ", "unsafe "];
        let mut head = code;
        while let Some(rest) = words.iter().find_map(|word| head.strip_prefix(word)) {
            head = rest;
        }
        if !head.starts_with("fn ") || line.trim_end().ends_with(';') || line.trim_end().ends_with('}') {
            continue;
        }
        // A declaration over several lines has no body: its semicolon comes before any brace.
        let last = lines[start..].iter().find(|line| line.ends_with(['{', ';']));
        if last.is_none_or(|line| line.ends_with(';')) {
            continue;
        }
        let end = format!("{}}}", " ".repeat(indent));
        let length = lines[start..].iter().position(|line| *line == end).map_or(0, |length| length + 1);
        if length > FUNCTION_LINES {
            found.insert(start + 1, length);
        }
    }
    found
}

/// A number of things that may only become smaller: more is an error, fewer asks for the constant to be lowered.
fn ratchet(what: &str, found: &[String], allowed: usize) {
    let list = found.join("\n");
    assert!(found.len() <= allowed, "{} {what}, and only {allowed} are known:\n{list}", found.len());
    assert!(found.len() == allowed, "only {} {what} are left: lower the constant\n{list}", found.len());
}

#[test]
fn files_can_be_read_in_one_sitting() {
    let longer: Vec<String> = sources()
        .iter()
        .map(|path| (path, without_tests(&read(path)).lines().count()))
        .filter(|(_, lines)| *lines > FILE_LINES)
        .map(|(path, lines)| format!("{lines} {}", path.display()))
        .collect();
    ratchet(&format!("files have over {FILE_LINES} lines"), &longer, LONGER_FILES);
}

#[test]
fn functions_fit_on_a_screen() {
    let longer: Vec<String> = sources()
        .iter()
        .flat_map(|path| {
            let text = read(path);
            let places = longer_functions(without_tests(&text));
            places
                .into_iter()
                .map(|(line, lines)| format!("{lines} {}:{line}", path.display()))
                .collect::<Vec<_>>()
        })
        .collect();
    ratchet(&format!("functions have over {FUNCTION_LINES} lines"), &longer, LONGER_FUNCTIONS);
}

#[test]
fn a_long_function_is_found() {
    let body = "    let x = 1;\n".repeat(FUNCTION_LINES);
    assert_eq!(
        longer_functions(&format!("pub fn f() {{\n{body}}}\n")),
        BTreeMap::from([(1, FUNCTION_LINES + 2)])
    );
    assert!(
        longer_functions(&format!("    fn f()\n    where\n        Self: Sized;\n{body}    }}\n")).is_empty()
    );
    assert!(longer_functions(&format!("fn f() {{\n}}\nconst X: u8 = {{\n{body}}};\n")).is_empty());
}
