//! An exercise: what to build, a starter that fails, a check that says why, hints, a solution, planted mistakes.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::cell::{Cell, Role};

/// Where exercises are, seen from the folder of the book: with the library that checks them.
pub const FOLDER: &str = "../lessons-crate/exercises";

/// The headings of the hints in `exercise.md`, in order.
pub const HINTS: [&str; 3] = ["a nudge", "the method", "nearly the code"];

/// One exercise, read from its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exercise {
    /// Its folder: topic and name, for example `cache/lru`.
    pub id: String,
    /// What to build, in a few words.
    pub title: String,
    /// How long it takes, about.
    pub minutes: u32,
    /// How hard it is.
    pub level: Level,
    /// The expression that checks the reader's code.
    pub check: String,
    /// What to build, with units, edges and a worked example; Markdown.
    pub statement: String,
    /// A nudge, the method, nearly the code; Markdown.
    pub hints: Vec<String>,
    /// The code to start from.
    pub starter: String,
    /// One that passes.
    pub solution: String,
    /// Planted wrong answers, which the check must tell apart.
    pub mistakes: Vec<Mistake>,
    /// Where the chapter names it.
    pub line: usize,
}

/// How hard an exercise is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Ten minutes.
    WarmUp,
    /// The exercise of the day.
    Core,
    /// For those who are early.
    Stretch,
}

impl Level {
    /// As a reader sees it.
    pub fn name(self) -> &'static str {
        match self {
            Self::WarmUp => "warm-up",
            Self::Core => "core",
            Self::Stretch => "stretch",
        }
    }
}

/// A wrong answer that people give.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mistake {
    /// Its name within the exercise.
    pub name: String,
    /// The key of the diagnosis that the check must give.
    pub key: String,
    /// The misconception behind it, for whoever teaches.
    pub why: String,
    /// What the learner is told, unless the check says it.
    pub message: Option<String>,
    /// The program, where it is not an edited solution.
    pub file: Option<String>,
    /// What makes it of the solution.
    #[serde(default)]
    pub edit: Vec<Edit>,
}

/// A change of the solution.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// What the solution has exactly once.
    pub from: String,
    /// What stands there instead.
    pub to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    title: String,
    minutes: u32,
    level: Level,
    check: String,
    #[serde(default)]
    mistake: Vec<Mistake>,
    /// The words of diagnoses that no planted mistake gets; they are the library's.
    #[serde(default, rename = "diagnoses")]
    _diagnoses: BTreeMap<String, String>,
    /// Other right programs; they are the library's too.
    #[serde(default, rename = "right")]
    _right: Vec<toml::Table>,
}

impl Exercise {
    /// Reads an exercise from its folder in `exercises`; `line` is where a chapter names it.
    ///
    /// # Errors
    ///
    /// One sentence: which file is missing, or what it must hold.
    pub fn load(exercises: &Path, id: &str, line: usize) -> Result<Self, String> {
        let folder = exercises.join(id);
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))
        };
        let manifest: Manifest = toml::from_str(&read("exercise.toml")?)
            .map_err(|error| format!("{}/exercise.toml: {}", folder.display(), error.message()))?;
        let (statement, hints) = prose(&read("exercise.md")?)
            .map_err(|problem| format!("{}/exercise.md: {problem}", folder.display()))?;
        if !(5..=60).contains(&manifest.minutes) {
            return Err(format!("{id}: an exercise takes 5 to 60 minutes"));
        }
        Ok(Self {
            id: id.to_owned(),
            title: manifest.title,
            minutes: manifest.minutes,
            level: manifest.level,
            check: manifest.check,
            statement,
            hints,
            starter: read("starter.rs")?.trim_end().to_owned(),
            solution: read("solution.rs")?.trim_end().to_owned(),
            mistakes: manifest.mistake,
            line,
        })
    }

    /// The id as one plain word, for a cell, a link, a file: `cache-lru`.
    pub fn plain_id(&self) -> String {
        plain(&self.id)
    }

    /// The id of the cell that checks.
    pub fn check_id(&self) -> String {
        format!("{}-check", self.plain_id())
    }

    /// The starter and the check, as cells.
    pub fn cells(&self) -> [Cell; 2] {
        let cell = |id: String, source: &str| Cell {
            id,
            source: source.to_owned(),
            role: Role::default(),
            line: self.line,
        };
        [cell(self.plain_id(), &self.starter), cell(self.check_id(), &self.check)]
    }
}

/// An exercise's id as one plain word.
pub(crate) fn plain(id: &str) -> String {
    id.replace(['/', '_'], "-")
}

/// The statement and the hints of an `exercise.md`.
fn prose(text: &str) -> Result<(String, Vec<String>), String> {
    let mut parts = text.split("\n## Hint: ");
    let statement = parts.next().unwrap_or_default().trim().to_owned();
    if statement.is_empty() {
        return Err("it begins with the statement: what to build".to_owned());
    }
    let hints: Vec<(&str, &str)> = parts.map(|part| part.split_once('\n').unwrap_or((part, ""))).collect();
    let titles: Vec<&str> = hints.iter().map(|(title, _)| title.trim()).collect();
    if titles != HINTS {
        return Err(format!("three hints are needed, under `## Hint: {}`", HINTS.join("`, `## Hint: ")));
    }
    // The first line of a hint may be code, which is indented.
    let hint = |(_, text): &(&str, &str)| text.trim_start_matches('\n').trim_end().to_owned();
    Ok((statement, hints.iter().map(hint).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_and_three_hints() {
        let text = "Build it.\n\n- so\n\n## Hint: a nudge\n\nThink.\n\n## Hint: the method\n\nDo.\n\n\
                    ## Hint: nearly the code\n\n    fn f() {}\n\nThat.\n";
        let (statement, hints) = prose(text).expect("good prose");
        assert_eq!(statement, "Build it.\n\n- so");
        assert_eq!(hints, ["Think.", "Do.", "    fn f() {}\n\nThat."]);
        assert!(prose("Build it.\n\n## Hint: a nudge\n\nThink.\n").is_err());
        assert!(prose("\n## Hint: a nudge\n").expect_err("no statement").contains("what to build"));
    }
}
