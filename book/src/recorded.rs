//! The outputs kept with the book, so that a page shows real results with no kernel behind it, and the
//! comparison that finds when they are no longer true.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cell::{Cell, hash};

/// The recorded outputs of one day, by cell id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// Outputs by cell id.
    pub cells: BTreeMap<String, Entry>,
}

/// What one cell put out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Of the source that put it out; see [`hash`].
    pub hash: String,
    /// nbformat output objects.
    pub outputs: Vec<Value>,
}

/// How a cell differs from what is recorded, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The cell.
    pub cell: String,
    /// What differs, and where first.
    pub how: String,
}

impl Recorded {
    /// Reads a file of recorded outputs; a file that is not there yet records nothing.
    ///
    /// # Errors
    ///
    /// Fails when the file is not of the right form.
    pub fn load(file: &Path) -> Result<Self> {
        match std::fs::read_to_string(file) {
            Ok(text) => serde_json::from_str(&text)
                .with_context(|| format!("{} is damaged; record the day again", file.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
        }
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    ///
    /// Fails when the disk is full or read-only.
    pub fn save(&self, file: &Path) -> Result<()> {
        let folder = file.parent().context("a file is in a folder")?;
        let aside = file.with_extension("json.new");
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&aside, serde_json::to_string_pretty(self)? + "\n"))
            .and_then(|()| std::fs::rename(&aside, file))
            .with_context(|| format!("cannot write {}", file.display()))
    }

    /// The outputs to show for a cell; `None` when it was never run, or was changed since.
    pub fn outputs(&self, cell: &Cell) -> Option<&[Value]> {
        let entry = self.cells.get(&cell.id)?;
        (entry.hash == hash(&cell.source)).then_some(entry.outputs.as_slice())
    }

    /// Records what a cell put out.
    pub fn record(&mut self, cell: &Cell, outputs: Vec<Value>) {
        let outputs = outputs.into_iter().map(kept).collect();
        self.cells.insert(cell.id.clone(), Entry { hash: hash(&cell.source), outputs });
    }

    /// Forgets cells that the chapter no longer has.
    pub fn retain(&mut self, cells: &[Cell]) {
        self.cells.retain(|id, _| cells.iter().any(|cell| cell.id == *id));
    }

    /// Compares what a cell put out now with what is recorded. Times are masked.
    pub fn compare(&self, cell: &Cell, outputs: &[Value]) -> Option<Drift> {
        let drift = |how: String| Some(Drift { cell: cell.id.clone(), how });
        let Some(entry) = self.cells.get(&cell.id) else {
            return drift("nothing is recorded for it; run `sd35 check --record`".to_owned());
        };
        if entry.hash != hash(&cell.source) {
            return drift("its source changed since its outputs were recorded".to_owned());
        }
        // The two streams are two pipes: which of them is heard first says nothing.
        let (recorded, outputs) = (by_stream(&entry.outputs), by_stream(outputs));
        let kinds = |outputs: &[&Value]| outputs.iter().copied().map(kind).collect::<Vec<_>>();
        let (then, now) = (kinds(&recorded), kinds(&outputs));
        if then != now {
            return drift(format!("recorded outputs are [{}], now [{}]", then.join(", "), now.join(", ")));
        }
        if cell.role.timed {
            return None;
        }
        let differing = recorded.into_iter().zip(outputs).find_map(|(then, now)| {
            let (then, now) = (comparable(then), comparable(now));
            (then != now).then(|| first_difference(&then, &now))
        });
        differing.and_then(drift)
    }
}

/// Standard error before standard output where the two follow each other.
fn by_stream(outputs: &[Value]) -> Vec<&Value> {
    let mut sorted: Vec<&Value> = outputs.iter().collect();
    for streams in sorted.chunk_by_mut(|a, b| a["output_type"] == "stream" && b["output_type"] == "stream") {
        streams.sort_by_key(|output| output["name"].as_str());
    }
    sorted
}

/// What a check says to programs, beside what it shows; see `lessons::check`. Nobody reads it in a recorded output.
const REPORT: &str = "application/vnd.sd35.report+json";

/// What is kept of an output: the number of an execution says nothing about the result.
fn kept(mut output: Value) -> Value {
    if let Some(count) = output.get_mut("execution_count") {
        *count = Value::Null;
    }
    if let Some(data) = output.get_mut("data").and_then(Value::as_object_mut) {
        data.remove(REPORT);
    }
    output
}

/// For example `stdout` or `image/svg+xml`.
fn kind(output: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    match output["output_type"].as_str() {
        Some("stream") => text(&output["name"]),
        Some("error") => format!("error {}", text(&output["ename"])),
        _ => output["data"]
            .as_object()
            .map(|data| {
                data.keys().map(String::as_str).filter(|kind| *kind != REPORT).collect::<Vec<_>>().join(" + ")
            })
            .unwrap_or_default(),
    }
}

/// What has to stay the same, as text: everything shown, with times masked. Of values with a drawing or a
/// table the plain text is enough, for it holds the same numbers.
fn comparable(output: &Value) -> String {
    let shown = match output["output_type"].as_str() {
        Some("stream") => output["text"].as_str().unwrap_or_default().to_owned(),
        Some("error") => {
            let lines = output["traceback"].as_array().into_iter().flatten().filter_map(Value::as_str);
            without_colors(&lines.collect::<Vec<_>>().join("\n"))
        }
        _ => output["data"]["text/plain"].as_str().map_or_else(|| output["data"].to_string(), str::to_owned),
    };
    masked(&shown)
}

/// Removes ANSI escape sequences.
fn without_colors(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        plain.push_str(&rest[..at]);
        let after = &rest[at + 2..];
        let end = after.find(|c: char| c.is_ascii_alphabetic()).map_or(after.len(), |n| n + 1);
        rest = &after[end..];
    }
    plain + rest
}

/// Replaces every duration (`1.5 ms`, `20µs`, `3 s`) by `<time>`.
fn masked(text: &str) -> String {
    const UNITS: [&str; 7] = ["ns", "µs", "us", "ms", "s", "seconds", "min"];
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let before = rest[..start].chars().next_back();
        result.push_str(&rest[..start]);
        rest = &rest[start..];
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',')).unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let unit = after.strip_prefix([' ', '\u{a0}']).unwrap_or(after);
        let word = unit.find(|c: char| !c.is_alphanumeric()).unwrap_or(unit.len());
        let own_word = before.is_none_or(|c| !c.is_alphanumeric() && c != '_');
        if own_word && UNITS.contains(&&unit[..word]) {
            result.push_str("<time>");
            rest = &unit[word..];
        } else {
            result.push_str(number);
            rest = after;
        }
    }
    result + rest
}

fn first_difference(then: &str, now: &str) -> String {
    let (mut then_lines, mut now_lines) = (then.lines(), now.lines());
    let mut number = 1;
    loop {
        match (then_lines.next(), now_lines.next()) {
            (Some(a), Some(b)) if a == b => number += 1,
            (Some(a), Some(b)) => return format!("line {number} was `{a}`, is `{b}`"),
            (Some(a), None) => return format!("line {number} was `{a}`, is gone"),
            (None, Some(b)) => return format!("line {number} is new: `{b}`"),
            (None, None) => return "white space at the end differs".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cell::Role;

    fn cell(source: &str, role: Role) -> Cell {
        Cell { id: "d03-a".into(), source: source.into(), role, line: 1 }
    }

    fn stream(text: &str) -> Vec<Value> {
        vec![json!({ "output_type": "stream", "name": "stdout", "text": text })]
    }

    #[test]
    fn what_a_check_says_to_programs_is_neither_kept_nor_compared() {
        let cell = cell("check::x()", Role::default());
        let shown =
            json!({ "output_type": "execute_result", "data": { "text/plain": "X: passed", REPORT: {} } });
        let mut recorded = Recorded::default();
        recorded.record(&cell, vec![shown.clone()]);
        assert_eq!(recorded.cells["d03-a"].outputs[0]["data"], json!({ "text/plain": "X: passed" }));
        assert_eq!(recorded.compare(&cell, &[shown]), None);
    }

    #[test]
    fn times_are_masked_and_nothing_else() {
        assert_eq!(
            masked("took 1.25 ms, 20µs and 3 s for 10 keys"),
            "took <time>, <time> and <time> for 10 keys"
        );
        assert_eq!(masked("5 slots, p99 4.2, x3s, 10 ms2"), "5 slots, p99 4.2, x3s, 10 ms2");
    }

    #[test]
    fn drift_is_told_in_words() {
        let plain = cell("1", Role::default());
        let mut recorded = Recorded::default();
        assert!(recorded.compare(&plain, &[]).expect("drift").how.contains("nothing is recorded"));
        recorded.record(&plain, stream("a\nb 5 ms\n"));
        assert_eq!(recorded.compare(&plain, &stream("a\nb 7 ms\n")), None);
        let how = recorded.compare(&plain, &stream("a\nc\n")).expect("drift").how;
        assert_eq!(how, "line 2 was `b <time>`, is `c`");
        let changed = cell("2", Role::default());
        assert!(recorded.compare(&changed, &[]).expect("drift").how.contains("source changed"));
        assert_eq!(recorded.outputs(&changed), None);
        let how = recorded.compare(&plain, &[]).expect("drift").how;
        assert_eq!(how, "recorded outputs are [stdout], now []");
    }

    #[test]
    fn the_order_of_the_two_streams_does_not_matter() {
        let both = |first: &str, second: &str| -> Vec<Value> {
            [first, second].map(|name| json!({ "output_type": "stream", "name": name, "text": name })).into()
        };
        let plain = cell("1", Role::default());
        let mut recorded = Recorded::default();
        recorded.record(&plain, both("stderr", "stdout"));
        assert_eq!(recorded.compare(&plain, &both("stdout", "stderr")), None);
        assert!(recorded.compare(&plain, &stream("stdout")).is_some());
    }

    #[test]
    fn a_timed_cell_keeps_its_kinds_only() {
        let timed = cell("1", Role { timed: true, ..Role::default() });
        let mut recorded = Recorded::default();
        recorded.record(&timed, stream("12"));
        assert_eq!(recorded.compare(&timed, &stream("13")), None);
        assert!(recorded.compare(&timed, &[]).is_some());
    }

    #[test]
    fn colors_and_counts_do_not_matter() {
        assert_eq!(without_colors("\u{1b}[1;31mPanic\u{1b}[0m: x"), "Panic: x");
        let plain = cell("1", Role::default());
        let result = |count: u32| {
            vec![json!({
                "output_type": "execute_result", "execution_count": count, "metadata": {},
                "data": { "text/plain": "2" },
            })]
        };
        let mut recorded = Recorded::default();
        recorded.record(&plain, result(3));
        assert_eq!(recorded.compare(&plain, &result(9)), None);
        assert_eq!(recorded.cells["d03-a"].outputs[0]["execution_count"], Value::Null);
    }
}
