//! The cells that ran, in this kernel and in earlier ones.
//!
//! One line of JSON a cell, in a file that all kernels of a user append to, so that it outlives restarts.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::journal::{self, Journal};
use crate::paths;

/// When the file has this many lines, only the newest half is kept.
const MOST: usize = 20_000;

/// One cell that ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    session: i64,
    line: u64,
    source: String,
}

/// What ran in this session, and the way to what ran before.
#[derive(Debug, Default)]
pub(super) struct History {
    /// `None` when nothing is to be written.
    file: Option<PathBuf>,
    /// This session's number, once something ran in it.
    session: i64,
    own: Vec<Entry>,
}

impl History {
    /// The history of the user who runs this process.
    pub(super) fn of_user() -> Self {
        Self { file: paths::history(), ..Self::default() }
    }

    pub(super) fn push(&mut self, line: u64, source: &str) {
        let mut entry = Entry { session: self.session, line, source: source.to_owned() };
        // A disk that is full must not stop a cell.
        if let Ok(session) = self.append(&mut entry) {
            self.session = session;
        }
        self.own.push(entry);
    }

    /// Writes an entry; gives this session its number first.
    fn append(&self, entry: &mut Entry) -> std::io::Result<i64> {
        let Some(path) = &self.file else { return Ok(0) };
        // Cells can hold passwords: nobody else may read them.
        let journal = Journal::open(path)?;
        let mut kept = None;
        if self.session == 0 {
            let known = entries(journal.text());
            entry.session = known.last().map_or(0, |last| last.session) + 1;
            if known.len() >= MOST {
                let newest = known[known.len() / 2..].iter().map(serde_json::to_string);
                kept =
                    Some(newest.map(|line| Ok(line? + "\n")).collect::<Result<String, serde_json::Error>>()?);
            }
        }
        let line = serde_json::to_string(entry)? + "\n";
        match kept {
            Some(kept) => journal.rewrite(&(kept + &line))?,
            None => journal.append(&line)?,
        }
        Ok(entry.session)
    }

    /// Everything that is known, this session last.
    fn all(&self) -> Vec<Entry> {
        let text = self.file.as_ref().and_then(|path| journal::read(path).ok()).unwrap_or_default();
        let mut all = entries(&text);
        all.retain(|entry| entry.session != self.session);
        all.extend(self.own.iter().cloned());
        all
    }

    /// Answers a `history_request`.
    pub(super) fn answer(&self, request: &Value) -> Value {
        let last = request["n"].as_u64().and_then(|n| n.try_into().ok()).unwrap_or(usize::MAX);
        let with_output = request["output"].as_bool().unwrap_or(false);
        let mut found = match request["hist_access_type"].as_str() {
            Some("range") => self.range(request),
            Some("search") => {
                let pattern = request["pattern"].as_str().unwrap_or("*");
                let mut all = self.all();
                all.retain(|entry| matches_glob(pattern, &entry.source));
                if request["unique"].as_bool().unwrap_or(false) {
                    keep_last_of_each(&mut all);
                }
                all
            }
            _ => self.all(),
        };
        found.drain(..found.len().saturating_sub(last));
        let cells: Vec<Value> = found
            .into_iter()
            .map(|Entry { session, line, source }| {
                if with_output {
                    json!([session, line, [source, null]])
                } else {
                    json!([session, line, source])
                }
            })
            .collect();
        json!({ "status": "ok", "history": cells })
    }

    /// Lines of one session: a positive number names it, 0 and less count back from this one.
    fn range(&self, request: &Value) -> Vec<Entry> {
        let session = match request["session"].as_i64().unwrap_or(0) {
            back if back <= 0 => self.session + back,
            session => session,
        };
        let start = request["start"].as_u64().unwrap_or(0);
        let stop = request["stop"].as_u64().unwrap_or(u64::MAX);
        let mut entries = if session == self.session { self.own.clone() } else { self.all() };
        entries.retain(|entry| entry.session == session && (start..stop).contains(&entry.line));
        entries
    }
}

/// A line that a full disk cut off is passed over.
fn entries(text: &str) -> Vec<Entry> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn keep_last_of_each(entries: &mut Vec<Entry>) {
    let mut seen = std::collections::HashSet::new();
    entries.reverse();
    entries.retain(|entry| seen.insert(entry.source.clone()));
    entries.reverse();
}

/// `*` stands for any text, `?` for one character.
fn matches_glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<_>, Vec<_>) = (pattern.chars().collect(), text.chars().collect());
    // reached[i]: the pattern so far can end after i characters.
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for symbol in pattern {
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            next[at] = match symbol {
                '*' => reached[at] || (at > 0 && next[at - 1]),
                '?' => at > 0 && reached[at - 1],
                c => at > 0 && reached[at - 1] && text[at - 1] == c,
            };
        }
        reached = next;
    }
    reached[text.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(answer: &Value) -> Vec<String> {
        let cells = answer["history"].as_array().expect("a list");
        cells.iter().map(|cell| cell[2].as_str().expect("a source").to_owned()).collect()
    }

    #[test]
    fn a_later_session_finds_what_an_earlier_one_ran() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = Some(folder.path().join("deep/history.jsonl"));
        let mut first = History { file: file.clone(), ..History::default() };
        first.push(1, "let a = 1;");
        first.push(2, "a + 1");
        let mut second = History { file: file.clone(), ..History::default() };
        second.push(1, "let b = 2;");
        // The first goes on meanwhile.
        first.push(3, "a + 1");
        second.push(2, "b");
        let ask = |request: Value| sources(&second.answer(&request));
        assert_eq!(ask(json!({ "hist_access_type": "tail", "n": 3 })), ["a + 1", "let b = 2;", "b"]);
        assert_eq!(ask(json!({ "hist_access_type": "range", "start": 1, "stop": 2 })), ["let b = 2;"]);
        assert_eq!(
            ask(json!({ "hist_access_type": "range", "session": -1, "start": 2 })),
            ["a + 1", "a + 1"]
        );
        assert_eq!(ask(json!({ "hist_access_type": "range", "session": 1, "stop": 2 })), ["let a = 1;"]);
        assert_eq!(ask(json!({ "hist_access_type": "search", "pattern": "a ?*" })), ["a + 1", "a + 1"]);
        let unique = json!({ "hist_access_type": "search", "pattern": "a*", "unique": true, "n": 5 });
        assert_eq!(ask(unique), ["a + 1"]);
        let with_output = second.answer(&json!({ "hist_access_type": "tail", "n": 1, "output": true }));
        assert_eq!(with_output["history"], json!([[2, 2, ["b", null]]]));
    }

    #[test]
    fn a_folder_that_cannot_be_written_stops_nothing() {
        let mut history = History { file: Some("/proc/none/history".into()), ..History::default() };
        history.push(1, "1 + 1");
        assert_eq!(sources(&history.answer(&json!({ "hist_access_type": "tail" }))), ["1 + 1"]);
    }

    #[test]
    fn globs_match_whole_texts() {
        assert!(matches_glob("*let*", "a let b") && matches_glob("l?t", "let") && matches_glob("*", ""));
        assert!(!matches_glob("let", "let x") && !matches_glob("?", ""));
    }
}
