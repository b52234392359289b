//! An exercise: a starter that fails, a check that says why, hints, a solution, and planted wrong answers.

use std::path::Path;

use serde::Deserialize;

use crate::cell::{Cell, Role};

/// One exercise, read from its folder in `book/exercises/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exercise {
    /// The name of its folder.
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
    pub wrong: Vec<Wrong>,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The file in the exercise's folder.
    pub file: String,
    /// The key of the diagnosis that the check must give.
    pub diagnosis: String,
    /// The misconception behind it.
    pub why: String,
    /// The code.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    title: String,
    minutes: u32,
    level: Level,
    check: String,
    statement: String,
    hints: Vec<String>,
    #[serde(default)]
    wrong: Vec<WrongEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrongEntry {
    file: String,
    diagnosis: String,
    why: String,
}

impl Exercise {
    /// Reads an exercise from its folder; `line` is where a chapter names it.
    ///
    /// # Errors
    ///
    /// One sentence: which file is missing, or what it must hold.
    pub fn load(folder: &Path, line: usize) -> Result<Self, String> {
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))
        };
        let id = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let manifest: Manifest = toml::from_str(&read("exercise.toml")?)
            .map_err(|error| format!("{}/exercise.toml: {}", folder.display(), error.message()))?;
        if manifest.hints.len() != 3 {
            return Err(format!("{id}: three hints are needed: a nudge, the method, nearly the code"));
        }
        let wrong = manifest
            .wrong
            .into_iter()
            .map(|WrongEntry { file, diagnosis, why }| {
                Ok(Wrong { source: read(&file)?, file, diagnosis, why })
            })
            .collect::<Result<_, String>>()?;
        Ok(Self {
            title: manifest.title,
            minutes: manifest.minutes,
            level: manifest.level,
            check: manifest.check,
            statement: manifest.statement.trim().to_owned(),
            hints: manifest.hints,
            starter: read("starter.rs")?.trim_end().to_owned(),
            solution: read("solution.rs")?.trim_end().to_owned(),
            wrong,
            id,
            line,
        })
    }

    /// The id of the cell that checks.
    pub fn check_id(&self) -> String {
        format!("{}-check", self.id)
    }

    /// The starter and the check, as cells.
    pub fn cells(&self) -> [Cell; 2] {
        let cell = |id: String, source: &str| Cell {
            id,
            source: source.to_owned(),
            role: Role::default(),
            line: self.line,
        };
        [cell(self.id.clone(), &self.starter), cell(self.check_id(), &self.check)]
    }
}
