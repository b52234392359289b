//! What the reader has done: exercises passed, questions answered, cards learned, on page, notebook and
//! command line alike.
//!
//! One line of JSON for each change, in a file that everything of one user appends to under a lock; a later
//! line counts more. A database would be a second such file with a library of its own: SQLite adds about a
//! minute of compilation to the first start, for a record of a few thousand short lines.
//!
//! Names are those of the page (`theme/pure/record.js`): `exercise:ID`, `quiz:ID`, `card:ID`, `predict:ID`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::journal::{self, Journal};

/// No reader gets near these; they bound what a broken page can do.
const MOST_RECORDS: usize = 20_000;
const LONGEST_NAME: usize = 200;
const LONGEST_ENTRY: usize = 8_000;
/// When a file has this many lines for each entry, it is written anew.
const LINES_PER_ENTRY: usize = 4;

/// How far ahead of ours another program's clock may be, in milliseconds: a day.
const AHEAD_MAX: u64 = 24 * 3600 * 1000;

/// One entry: when it last changed, and what it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Milliseconds since 1970.
    pub at: u64,
    /// What the page keeps for it.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

impl Entry {
    /// An exercise that was passed, or any other entry that counts as done.
    pub fn passed(&self) -> bool {
        self.fields.get("state").is_some_and(|state| state == "passed")
    }

    /// Whether this entry takes the place of `other`: the later one does, but passed stays passed.
    fn wins(&self, other: &Self) -> bool {
        match (self.passed(), other.passed()) {
            (true, false) => true,
            (false, true) => false,
            _ => self.at > other.at,
        }
    }
}

/// A whole record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// When everything was last deleted, in milliseconds since 1970: what is older is gone.
    #[serde(default)]
    pub deleted: u64,
    /// The entries by name.
    #[serde(default)]
    pub records: BTreeMap<String, Entry>,
}

impl Progress {
    /// Takes over what is newer elsewhere, under its present name; returns the names that changed.
    fn merge(&mut self, other: &Self) -> Vec<String> {
        self.deleted = self.deleted.max(other.deleted);
        let mut changed = BTreeSet::new();
        for (name, entry) in &other.records {
            let name = present(name);
            if entry.at > self.deleted && self.records.get(&name).is_none_or(|mine| entry.wins(mine)) {
                self.records.insert(name.clone(), entry.clone());
                changed.insert(name);
            }
        }
        let deleted = self.deleted;
        self.records.retain(|_, entry| entry.at > deleted);
        changed.into_iter().collect()
    }

    /// A line that a full disk cut off is passed over.
    fn read(text: &str) -> Self {
        let mut progress = Self::default();
        let now = now();
        for line in text.lines() {
            if let Ok(news) = serde_json::from_str::<Self>(line) {
                progress.merge(&news.believed(now));
            }
        }
        progress
    }

    /// Without times that a wrong clock gave: a deletion still to come has not happened, and an entry of the future
    /// counts as the oldest, so that neither outlives what is done later. The page has the same rule.
    fn believed(mut self, now: u64) -> Self {
        let is_to_come = |at: u64| at > now.saturating_add(AHEAD_MAX);
        if is_to_come(self.deleted) {
            self.deleted = 0;
        }
        for entry in self.records.values_mut().filter(|entry| is_to_come(entry.at)) {
            entry.at = 1;
        }
        self
    }

    fn line(&self, names: &[String]) -> String {
        let records: BTreeMap<&String, &Entry> =
            names.iter().filter_map(|name| self.records.get_key_value(name)).collect();
        json!({ "deleted": self.deleted, "records": records }).to_string() + "\n"
    }
}

/// The ids that exercises had while they were named by day, and those that they have now: the table of the page,
/// which is JSON between the first brace and the semicolon.
static RENAMED: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let script = include_str!("../../book/theme/pure/renamed.js");
    let table = script.split_once("RENAMED = ").and_then(|(_, rest)| rest.split_once(';'));
    table.and_then(|(table, _)| serde_json::from_str(table).ok()).unwrap_or_default()
});

/// The present name of an entry.
fn present(name: &str) -> String {
    let now = name.strip_prefix("exercise:").and_then(|id| RENAMED.get(id));
    now.map_or_else(|| name.to_owned(), |id| format!("exercise:{id}"))
}

/// The file of a record.
#[derive(Clone, Debug)]
pub struct Store {
    file: Option<PathBuf>,
}

impl Store {
    /// The record in a file; `None` keeps none.
    pub fn new(file: Option<PathBuf>) -> Self {
        Self { file }
    }

    /// The record of the user who runs this process.
    pub fn of_user() -> Self {
        Self::new(crate::paths::progress())
    }

    /// Reads the record; one that is not there yet is empty.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be read.
    pub fn load(&self) -> Result<Progress> {
        let Some(file) = &self.file else { return Ok(Progress::default()) };
        let text = journal::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok(Progress::read(&text))
    }

    /// Adds what is news, and returns everything.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be written, or the record would become absurdly large.
    pub fn add(&self, news: &Progress) -> Result<Progress> {
        for (name, entry) in &news.records {
            ensure!(name.len() <= LONGEST_NAME, "a name of the record may have {LONGEST_NAME} bytes");
            let length = serde_json::to_string(entry)?.len();
            ensure!(length <= LONGEST_ENTRY, "{name}: an entry of the record may have {LONGEST_ENTRY} bytes");
        }
        let news = news.clone().believed(now());
        self.change(|record| {
            let before = record.deleted;
            let changed = record.merge(&news);
            ensure!(record.records.len() <= MOST_RECORDS, "the record is full: delete it, or what it holds");
            Ok(if record.deleted > before { None } else { Some(changed) })
        })
    }

    /// Notes that an exercise was passed, now.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be written.
    pub fn pass(&self, exercise: &str) -> Result<()> {
        let fields = Map::from_iter([("state".to_owned(), "passed".into())]);
        let name = format!("exercise:{exercise}");
        let records = BTreeMap::from([(name, Entry { at: now(), fields })]);
        self.add(&Progress { deleted: 0, records }).map(drop)
    }

    /// Deletes everything; what is left says only when.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be written.
    pub fn delete(&self) -> Result<Progress> {
        self.change(|record| {
            *record = Progress { deleted: now(), records: BTreeMap::new() };
            Ok(None)
        })
    }

    /// Changes the record under the lock. `action` names the entries that it changed; `None` stands for all.
    fn change(&self, action: impl FnOnce(&mut Progress) -> Result<Option<Vec<String>>>) -> Result<Progress> {
        let Some(path) = &self.file else {
            let mut record = Progress::default();
            action(&mut record)?;
            return Ok(record);
        };
        let write = |record: &mut Progress| -> Result<()> {
            // Answers are nobody else's business: the journal is its owner's.
            let journal = Journal::open(path)?;
            *record = Progress::read(journal.text());
            let changed = action(record)?;
            let all = || record.records.keys().cloned().collect::<Vec<_>>();
            let lines = journal.text().lines().count();
            match changed {
                Some(changed) if lines <= LINES_PER_ENTRY * (record.records.len() + 8) => {
                    if !changed.is_empty() {
                        journal.append(&record.line(&changed))?;
                    }
                }
                _ => journal.rewrite(&record.line(&all()))?,
            }
            Ok(())
        };
        let mut record = Progress::default();
        write(&mut record).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(record)
    }
}

/// Milliseconds since 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
