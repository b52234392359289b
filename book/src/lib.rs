//! The book: its chapters, and what they become.
//!
//! A chapter is read once ([`chapter`]). Pages ([`page`]), notebooks ([`notebook`]) and the check of the
//! recorded outputs ([`recorded`]) all start from there.

#![warn(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

pub mod anki;
pub mod cell;
pub mod chapter;
pub mod day;
pub mod exercise;
pub mod explorable;
pub mod glossary;
mod html;
mod markdown;
pub mod notebook;
pub mod page;
pub mod quiz;
pub mod recorded;
pub mod standard;

pub use cell::{Cell, Role};
pub use chapter::{Block, Chapter};
pub use day::{Day, Header, Minutes};
pub use exercise::Exercise;
pub use explorable::Explorable;
pub use recorded::Recorded;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    day: Vec<Header>,
}

/// All days.
#[derive(Clone, Debug)]
pub struct Book {
    root: PathBuf,
    /// By number.
    pub days: Vec<Day>,
}

impl Book {
    /// Reads the whole book from its folder (the one with `lessons.toml`).
    ///
    /// # Errors
    ///
    /// Names the file and the line of the first thing that is wrong.
    pub fn load(root: &Path) -> Result<Self> {
        let manifest = root.join("lessons.toml");
        let text = std::fs::read_to_string(&manifest)
            .with_context(|| format!("cannot read {}", manifest.display()))?;
        let Manifest { day: mut headers } =
            toml::from_str(&text).with_context(|| format!("in {}", manifest.display()))?;
        headers.sort_by_key(|header| header.number);
        let mut days = Vec::new();
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        for header in headers {
            let file = root.join("chapters").join(format!("{}.md", header.slug));
            let text = std::fs::read_to_string(&file)
                .with_context(|| format!("day {}: cannot read {}", header.number, file.display()))?;
            let chapter = Chapter::parse(&text, &file, root)?;
            for cell in chapter.cells() {
                let place = format!("{}:{}", file.display(), cell.line);
                if let Some(other) = seen.insert(cell.id.clone(), place.clone()) {
                    bail!("{place}: the id `{}` is already used at {other}; choose another", cell.id);
                }
            }
            days.push(Day { header, chapter });
        }
        Ok(Self { root: root.to_owned(), days })
    }

    /// The folder it was read from.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The outputs recorded for a day; none yet for a new lesson.
    ///
    /// # Errors
    ///
    /// Fails when the file is there but damaged.
    pub fn recorded(&self, day: &Day) -> Result<Recorded> {
        Recorded::load(&self.recorded_file(day))
    }

    /// Where the outputs of a day are recorded.
    pub fn recorded_file(&self, day: &Day) -> PathBuf {
        self.root.join("recorded").join(format!("day-{:02}.json", day.header.number))
    }

    /// Writes one notebook per day into `folder`; files that are already the same are left alone.
    ///
    /// # Errors
    ///
    /// Fails when the folder cannot be written.
    pub fn write_notebooks(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut written = Vec::new();
        for day in &self.days {
            let notebook = notebook::notebook(day, &self.recorded(day)?, &self.root.join("chapters"));
            let text = serde_json::to_string_pretty(&notebook)? + "\n";
            let file = folder.join(format!("{}.ipynb", day.header.slug));
            if std::fs::read_to_string(&file).is_ok_and(|old| old == text) {
                continue;
            }
            // Written aside and renamed: a notebook is never half there.
            let aside = file.with_extension("ipynb.new");
            std::fs::write(&aside, text)
                .and_then(|()| std::fs::rename(&aside, &file))
                .with_context(|| format!("cannot write {}", file.display()))?;
            written.push(file);
        }
        Ok(written)
    }
}
