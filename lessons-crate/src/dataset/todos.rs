//! A list of things to do.

use std::fmt::Write;

use super::DatasetError;
use crate::rng::Rng;

const VERBS: [&str; 10] =
    ["buy", "call", "clean", "find", "fix", "order", "paint", "read", "return", "write to"];
const THINGS: [&str; 20] = [
    "the attic",
    "the bank",
    "the bicycle",
    "the boiler",
    "the bookshop",
    "the camera",
    "the dentist",
    "the fence",
    "the garden",
    "the kitchen",
    "the landlord",
    "the library",
    "the milk",
    "the neighbors",
    "the oven",
    "the piano",
    "the roof",
    "the school",
    "the tickets",
    "the window",
];
/// The share that is done.
const DONE: f64 = 0.3;

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TodoRow {
    /// From 1.
    pub id: u64,
    /// What.
    pub title: String,
    /// Whether it is done.
    pub done: bool,
    /// How often it was changed, and 1.
    pub version: u64,
}

/// 200 things to do, each once: every verb with every thing, in random order. They are nonsense.
pub fn make_todos(seed: u64) -> Vec<TodoRow> {
    let mut rng = Rng::new(seed);
    let mut titles: Vec<String> =
        VERBS.iter().flat_map(|verb| THINGS.map(|thing| format!("{verb} {thing}"))).collect();
    rng.shuffle(&mut titles);
    let rows = titles.into_iter().zip(1..).map(|(title, id)| {
        let done = rng.chance(DONE);
        TodoRow { id, title, done, version: 1 + rng.below(4) }
    });
    rows.collect()
}

/// The rows as the text of a file, with a heading line.
pub fn todos_csv(rows: &[TodoRow]) -> String {
    let mut csv = String::from("id,title,done,version\n");
    for row in rows {
        // Writing into a string cannot fail.
        let _ = writeln!(csv, "{},{},{},{}", row.id, row.title, row.done, row.version);
    }
    csv
}

pub(super) fn parse(csv: &str) -> Result<Vec<TodoRow>, DatasetError> {
    let row = |line: &str| -> Option<TodoRow> {
        let fields: Vec<&str> = line.split(',').collect();
        let [id, title, done, version] = fields[..] else { return None };
        let (id, done, version) = (id.parse().ok()?, done.parse().ok()?, version.parse().ok()?);
        Some(TodoRow { id, title: title.to_owned(), done, version })
    };
    let rows = csv.lines().enumerate().skip(1);
    rows.map(|(number, line)| {
        row(line).ok_or_else(|| DatasetError::Malformed {
            file: "todo/seed.csv",
            line: number + 1,
            problem: format!("{line:?} is not a number, a text, true or false, and a number"),
        })
    })
    .collect()
}
