//! What the reader has done: exercises passed, questions answered, cards learned, on page, notebook and
//! command line alike.
//!
//! One line of JSON for each change, in a file that everything of one user appends to under a lock; a later
//! line counts more. A database would be a second such file with a library of its own: SQLite adds about a
//! minute of compilation to the first start, for a record of a few thousand short lines.
//!
//! Names are those of the page (`theme/pure/record.js`): `exercise:ID`, `quiz:ID`, `card:ID`, `predict:ID`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// No reader gets near these; they bound what a broken page can do.
const MOST_RECORDS: usize = 20_000;
const LONGEST_NAME: usize = 200;
const LONGEST_ENTRY: usize = 8_000;
/// When a file has this many lines for each entry, it is written anew.
const LINES_PER_ENTRY: usize = 4;

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
        for line in text.lines() {
            if let Ok(news) = serde_json::from_str::<Self>(line) {
                progress.merge(&news);
            }
        }
        progress
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
        match fs::read_to_string(file) {
            Ok(text) => Ok(Progress::read(&text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Progress::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
        }
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
        self.change(|record| {
            let before = record.deleted;
            let changed = record.merge(news);
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
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            // Answers are nobody else's business.
            let mut file = File::options().create(true).read(true).append(true).mode(0o600).open(path)?;
            file.lock()?;
            let mut text = String::new();
            file.read_to_string(&mut text)?;
            *record = Progress::read(&text);
            let changed = action(record)?;
            let all = || record.records.keys().cloned().collect::<Vec<_>>();
            let lines = text.lines().count();
            let line = match changed {
                Some(changed) if lines <= LINES_PER_ENTRY * (record.records.len() + 8) => {
                    if changed.is_empty() {
                        return Ok(());
                    }
                    record.line(&changed)
                }
                _ => {
                    let line = record.line(&all());
                    file.set_len(0)?;
                    file.seek(SeekFrom::Start(0))?;
                    line
                }
            };
            file.write_all(line.as_bytes())?;
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
mod tests {
    use super::*;

    fn progress(entries: &[(&str, u64, &str)]) -> Progress {
        let entry = |(name, at, state): &(&str, u64, &str)| {
            let fields = Map::from_iter([("state".to_owned(), Value::from(*state))]);
            ((*name).to_owned(), Entry { at: *at, fields })
        };
        Progress { deleted: 0, records: entries.iter().map(entry).collect() }
    }

    fn store(folder: &tempfile::TempDir) -> Store {
        Store::new(Some(folder.path().join("deep/progress.jsonl")))
    }

    #[test]
    fn the_later_entry_counts_and_passed_stays_passed() {
        let mut record = progress(&[("a", 5, "x"), ("b", 5, "passed"), ("c", 9, "x")]);
        let changed =
            record.merge(&progress(&[("a", 6, "y"), ("b", 7, "seen"), ("c", 8, "y"), ("d", 1, "z")]));
        assert_eq!(changed, ["a", "d"]);
        assert_eq!(record, progress(&[("a", 6, "y"), ("b", 5, "passed"), ("c", 9, "x"), ("d", 1, "z")]));
        record.merge(&progress(&[("c", 1, "passed")]));
        assert!(record.records["c"].passed());
    }

    /// The page's script is tested with the same cases.
    #[test]
    fn records_are_merged_as_on_the_page() {
        #[derive(Deserialize)]
        struct Case {
            name: String,
            mine: Progress,
            theirs: Progress,
            merged: Progress,
            changed: Vec<String>,
        }
        let cases = include_str!("../../book/theme/tests/record.json");
        for case in serde_json::from_str::<Vec<Case>>(cases).expect("a table of cases") {
            let mut record = case.mine;
            assert_eq!(record.merge(&case.theirs), case.changed, "{}", case.name);
            assert_eq!(record, case.merged, "{}", case.name);
        }
    }

    #[test]
    fn an_exercise_passed_under_its_old_name_stays_passed() {
        let old = [
            "d01-requests-in-flight",
            "d01-servers-needed",
            "d01-usl-fit",
            "d02-gcra",
            "d02-route-values",
            "d02-verify-token",
            "d03-hash-ring",
            "d03-smooth-wrr",
            "d03-two-choices",
            "d04-lru",
            "d04-needed-hit-ratio",
            "d04-sieve",
            "d04-single-flight",
            "d05-atomic-register",
            "d05-linearizability",
            "d05-quorum-sizes",
            "d06-bloom-filter",
            "d06-cuckoo-filter",
            "d06-filter-size",
            "d06-growing-filter",
            "d07-bottleneck",
            "d07-predict-p99",
            "d07-read-path",
            "d08-serial-order",
            "d08-visible",
            "d08-within",
            "d09-candidate-keys",
            "d09-closure",
            "d09-synthesis",
            "d10-b-plus-tree",
            "d10-index-use",
            "d10-pages-touched",
            "d11-prune",
            "d11-range-partition",
            "d11-rolling-window",
            "d12-hash-slot",
            "d12-move-a-shard",
            "d12-rebalance",
            "d13-or-set",
            "d13-read-routing",
            "d13-version-vectors",
            "d14-delivery",
            "d14-feed-page",
        ];
        let book = book::Book::load(&crate::paths::root().join("book")).expect("the book");
        let exercises: Vec<String> = book
            .days
            .iter()
            .flat_map(|day| day.chapter.exercises())
            .map(|e| format!("exercise:{}", e.id))
            .collect();
        assert_eq!(RENAMED.keys().collect::<Vec<_>>(), old);
        for old in old {
            let record = Progress::read(
                &json!({ "records": { format!("exercise:{old}"): { "at": 5, "state": "passed" } } })
                    .to_string(),
            );
            let (name, entry) = record.records.first_key_value().expect("an entry");
            assert!(exercises.contains(name) && entry.passed(), "{old} is now {name}");
        }
    }

    #[test]
    fn several_writers_share_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let (page, kernel) = (store(&folder), store(&folder));
        assert_eq!(page.load().expect("empty"), Progress::default());
        page.add(&progress(&[("quiz:a", now(), "x")])).expect("written");
        kernel.pass("d03-a").expect("written");
        let all = page.load().expect("read");
        assert_eq!(all.records.keys().collect::<Vec<_>>(), ["exercise:d03-a", "quiz:a"]);
        assert!(all.records["exercise:d03-a"].passed());
        assert_eq!(kernel.load().expect("read"), all);
    }

    #[test]
    fn deleted_is_gone_also_for_a_page_that_still_has_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = store(&folder);
        let old = progress(&[("quiz:secret", now() - 1, "x")]);
        store.add(&old).expect("written");
        let left = store.delete().expect("deleted");
        assert!(left.deleted > 0 && left.records.is_empty());
        let text = fs::read_to_string(folder.path().join("deep/progress.jsonl")).expect("a file");
        assert!(!text.contains("secret") && text.lines().count() == 1, "{text}");
        assert!(store.add(&old).expect("nothing new").records.is_empty());
    }

    #[test]
    fn a_long_file_is_written_anew_and_broken_lines_are_passed_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = store(&folder);
        for at in 1..200 {
            store.add(&progress(&[("card:a", at, "x")])).expect("written");
        }
        let file = folder.path().join("deep/progress.jsonl");
        let lines = fs::read_to_string(&file).expect("a file").lines().count();
        assert!(lines < 60, "{lines} lines for one entry");
        fs::write(&file, "{\"deleted\":0,\"rec\n").expect("written");
        assert_eq!(store.load().expect("read"), Progress::default());
    }

    #[test]
    fn absurd_entries_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = store(&folder);
        let name = "n".repeat(LONGEST_NAME + 1);
        assert!(store.add(&progress(&[(&name, 1, "x")])).is_err());
        let text = "x".repeat(LONGEST_ENTRY);
        assert!(store.add(&progress(&[("a", 1, &text)])).is_err());
        assert!(Store::new(Some("/proc/none/progress".into())).pass("a").is_err());
        assert!(Store::new(None).pass("a").is_ok());
    }
}
