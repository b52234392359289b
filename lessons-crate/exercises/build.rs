//! Turns the folders of the exercises into modules, so that nothing is listed by hand.
//!
//! A folder `<topic>/<name>/` with an `exercise.toml` is an exercise. Three kinds of files are written:
//!
//! - `exercises.rs`: the library's modules. `cache::lru` has what `cache/lru/check.rs` makes public, and for the
//!   checker `EXERCISE` and the diagnoses in `known`.
//! - `<topic>/<name>/mistakes.rs`: the planted mistakes, compiled, for a checker that compares answers with theirs.
//! - `suite.rs`: a test for each exercise, over its starter, its solution, other right programs and its mistakes.
//!
//! A mistake is the solution with some edits, or a file of its own. An edit that does not fit ends the build.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Diagnoses of any program, which the runner makes: there are no answers to compare.
const GENERAL: [&str; 5] =
    ["not-implemented", "panicked", "endless-loop", "below-zero", "arithmetic-overflow"];

/// The code is as learners write it.
const ALLOWED: &str = "#[allow(unused, unreachable_pub, missing_docs, missing_debug_implementations, \
                       clippy::all, clippy::todo, reason = \"as learners write it\")]\n";

/// One folder.
struct Exercise {
    topic: String,
    name: String,
    folder: PathBuf,
    title: String,
    check: String,
    /// Sentences by key, of planted mistakes and of others.
    messages: BTreeMap<String, String>,
    mistakes: Vec<Mistake>,
    /// Other programs that are right, by name.
    right: Vec<(String, String)>,
}

struct Mistake {
    name: String,
    key: String,
    source: String,
}

fn main() {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let out = PathBuf::from(variable("OUT_DIR"));
    let mut topics: BTreeMap<String, Vec<Exercise>> = BTreeMap::new();
    for topic in folders(&root) {
        for folder in folders(&topic).into_iter().filter(|folder| folder.join("exercise.toml").exists()) {
            let exercise = Exercise::read(name(&topic), &folder)
                .unwrap_or_else(|problem| panic!("{}: {problem}", folder.display()));
            topics.entry(exercise.topic.clone()).or_default().push(exercise);
        }
    }
    let shared = |topic: &String| root.join(topic).join("shared.rs");
    let library: String = topics.iter().map(|(topic, all)| library(topic, all, &shared(topic))).collect();
    write(&out.join("exercises.rs"), &library);
    for exercise in topics.values().flatten() {
        write(&out.join(&exercise.topic).join(&exercise.name).join("mistakes.rs"), &exercise.compiled());
    }
    write(&out.join("suite.rs"), &suite(&topics));
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
}

/// The folders in a folder, by name.
fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).unwrap_or_else(|error| panic!("{}: {error}", parent.display()));
    let mut found: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn write(path: &Path, text: &str) {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

impl Exercise {
    fn read(topic: String, folder: &Path) -> Result<Self, String> {
        let read = |name: &str| {
            fs::read_to_string(folder.join(name)).map_err(|error| format!("cannot read {name}: {error}"))
        };
        let manifest: toml::Table = read("exercise.toml")?.parse().map_err(|error| format!("{error}"))?;
        let solution = read("solution.rs")?;
        let mut messages = BTreeMap::new();
        for (key, message) in manifest.get("diagnoses").and_then(toml::Value::as_table).into_iter().flatten()
        {
            let message = message.as_str().ok_or_else(|| format!("diagnoses.{key} is not text"))?;
            messages.insert(key.clone(), message.to_owned());
        }
        let mut mistakes = Vec::new();
        for entry in manifest.get("mistake").and_then(toml::Value::as_array).into_iter().flatten() {
            let entry = entry.as_table().ok_or("a [[mistake]] is not a table")?;
            let mistake = Mistake::read(entry, &solution, &read)?;
            if let Ok(message) = text(entry, "message")
                && messages.insert(mistake.key.clone(), message).is_some()
            {
                return Err(format!("{} has two messages; the first mistake of a key has it", mistake.key));
            }
            mistakes.push(mistake);
        }
        let mut right = Vec::new();
        for entry in manifest.get("right").and_then(toml::Value::as_array).into_iter().flatten() {
            let entry = entry.as_table().ok_or("a [[right]] is not a table")?;
            right.push((text(entry, "name")?, program(entry, &solution, &read)?));
        }
        Ok(Self {
            topic,
            name: name(folder),
            folder: folder.to_owned(),
            title: text(&manifest, "title")?,
            check: text(&manifest, "check")?,
            messages,
            mistakes,
            right,
        })
    }

    fn id(&self) -> String {
        format!("{}/{}", self.topic, self.name)
    }

    /// What a learner writes, as an expression of type `Answer`: what stands between the parentheses of the check, or,
    /// where it is a type, `make` of `check.rs` for this type.
    fn answer(&self) -> String {
        if let Some((_, written)) = self.check.split_once("::<") {
            return format!("super::super::make::<{}", written.trim_end_matches("()"));
        }
        let arguments = self.check.split_once('(').map_or("", |(_, rest)| rest.trim_end_matches(')'));
        if arguments.contains(',') { format!("({arguments})") } else { arguments.to_owned() }
    }

    /// The planted mistakes for the checker.
    fn compiled(&self) -> String {
        let mut code = String::new();
        let mut list = String::new();
        for mistake in self.mistakes.iter().filter(|mistake| !GENERAL.contains(&mistake.key.as_str())) {
            let Mistake { name, key, source } = mistake;
            let known = constant(key);
            if !self.messages.contains_key(key) {
                let _ = write!(code, "compile_error!(\"{}: {key} has no message\");", self.id());
                continue;
            }
            let answer = self.answer();
            let _ = write!(
                code,
                "{ALLOWED}mod {name} {{\nuse algorithms::prelude::*;\nuse crate as check;\n{source}\n\
                 pub(super) const ANSWER: super::super::Answer = {answer};\n}}\n"
            );
            let _ = write!(list, "(super::super::known::{known}, {name}::ANSWER), ");
        }
        format!(
            "{code}/// The planted mistakes and their diagnoses.\n\
             pub(super) const MISTAKES: &[(crate::Known, super::Answer)] = &[{list}];\n"
        )
    }

    /// The module of an exercise in the library.
    fn module(&self) -> String {
        let Self { name, title, messages, .. } = self;
        let id = self.id();
        // The module is not called `check`: that is this library to a learner, whose `use` of everything here would
        // find both.
        let check = self.folder.join("check.rs");
        let known: String = messages
            .iter()
            .map(|(key, message)| {
                let constant = constant(key);
                format!("pub(crate) const {constant}: crate::Known = crate::Known {{ key: {key:?}, message: {message:?} }};\n")
            })
            .collect();
        format!(
            "#[doc = {title:?}]\npub mod {name} {{\n\
             #[path = {check:?}]\nmod checker;\n#[doc(inline)]\npub use checker::*;\n\
             pub(crate) const EXERCISE: crate::Exercise = crate::Exercise {{ id: {id:?}, title: {title:?} }};\n\
             #[allow(dead_code, reason = \"some are named by planted mistakes only\")]\n\
             pub(crate) mod known {{\n{known}}}\n}}\n\
             #[doc(inline)]\npub use {name}::{name};\n"
        )
    }

    /// The tests of an exercise.
    fn tests(&self) -> String {
        let Self { name, folder, check, .. } = self;
        let id = self.id();
        let attempt = |name: &str, source: &str| {
            format!(
                "{ALLOWED}pub(super) mod {name} {{\nuse lessons::prelude::*;\n{source}\n\
                 pub(crate) fn report() -> lessons::check::Report {{ {check} }}\n}}\n"
            )
        };
        let file = |name: &str| format!("include!({:?});", folder.join(name));
        let mut code = attempt("starter", &file("starter.rs")) + &attempt("solution", &file("solution.rs"));
        let (mut list, mut right) = (String::new(), String::new());
        code += "mod right {\n";
        for (name, source) in &self.right {
            code += &attempt(name, source);
            let _ = write!(right, "({name:?}, right::{name}::report), ");
        }
        code += "}\nmod mistakes {\n";
        for mistake in &self.mistakes {
            let Mistake { name, key, source } = mistake;
            code += &attempt(name, source);
            let message = self.messages.get(key);
            let _ = write!(
                list,
                "crate::exercises::Mistake {{ name: {name:?}, key: {key:?}, message: {message:?}, report: mistakes::{name}::report }}, "
            );
        }
        format!(
            "mod {name} {{\n{code}}}\n#[test]\nfn is_checked_rightly() {{\n\
             crate::exercises::is_checked_rightly({id:?}, starter::report, solution::report, &[{right}], &[{list}]);\n}}\n}}\n"
        )
    }
}

impl Mistake {
    fn read(
        entry: &toml::Table,
        solution: &str,
        read: &impl Fn(&str) -> Result<String, String>,
    ) -> Result<Self, String> {
        let (name, key) = (text(entry, "name")?, text(entry, "key")?);
        Ok(Self { name, key, source: program(entry, solution, read)? })
    }
}

/// The program of an entry: a file of its own, or the solution with edits.
fn program(
    entry: &toml::Table,
    solution: &str,
    read: &impl Fn(&str) -> Result<String, String>,
) -> Result<String, String> {
    let name = text(entry, "name")?;
    let edits = entry.get("edit").and_then(toml::Value::as_array);
    match (entry.get("file").and_then(toml::Value::as_str), edits) {
        (Some(file), None) => read(file),
        (None, Some(edits)) => edited(solution, edits).map_err(|problem| format!("{name}: {problem}")),
        _ => Err(format!("{name} needs a `file`, or one or more `edit`s of the solution")),
    }
}

/// The solution with edits, of which each names a text that it has once.
fn edited(solution: &str, edits: &[toml::Value]) -> Result<String, String> {
    let mut places = Vec::new();
    for edit in edits {
        let edit = edit.as_table().ok_or("an `edit` is not a table")?;
        let (from, to) = (text(edit, "from")?, text(edit, "to")?);
        match solution.match_indices(&from).map(|(place, _)| place).collect::<Vec<_>>()[..] {
            [place] => places.push((place, place + from.len(), to)),
            ref found => {
                return Err(format!("solution.rs has this {} times, not once:\n{from}", found.len()));
            }
        }
    }
    places.sort();
    let (mut done, mut at) = (String::new(), 0);
    for (start, end, to) in places {
        let kept = solution.get(at..start).ok_or("two edits overlap")?;
        done += kept;
        done += &to;
        at = end;
    }
    Ok(done + &solution[at..])
}

fn text(table: &toml::Table, key: &str) -> Result<String, String> {
    let text = table.get(key).and_then(toml::Value::as_str);
    text.map(str::to_owned).ok_or_else(|| format!("`{key}` is missing, or not text"))
}

/// The name of a key as a constant.
fn constant(key: &str) -> String {
    key.to_uppercase().replace('-', "_")
}

/// The module of a topic in the library.
fn library(topic: &str, exercises: &[Exercise], shared: &Path) -> String {
    let shared = if shared.exists() { format!("#[path = {shared:?}]\nmod shared;\n") } else { String::new() };
    let modules: String = exercises.iter().map(Exercise::module).collect();
    let title = topic.replace('_', " ");
    format!("/// The exercises of the topic {title}.\npub mod {topic} {{\n{shared}{modules}}}\n")
}

/// The tests of all exercises.
fn suite(topics: &BTreeMap<String, Vec<Exercise>>) -> String {
    let of = |exercises: &Vec<Exercise>| exercises.iter().map(Exercise::tests).collect::<String>();
    topics.iter().map(|(topic, exercises)| format!("mod {topic} {{\n{}}}\n", of(exercises))).collect()
}
