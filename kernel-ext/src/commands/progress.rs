//! `sd35 progress`: what the reader has done.

use std::process::ExitCode;

use anyhow::Result;
use book::{Block, Book};
use clap::Args;

use crate::paths;
use crate::progress::{Progress, Store, now};

/// What to do with the record.
#[derive(Debug, Args)]
pub struct Options {
    /// Print the whole record as JSON.
    #[arg(long)]
    export: bool,
    /// Delete the record of this machine.
    #[arg(long, conflicts_with = "export")]
    delete: bool,
}

/// Shows the record, prints it for other programs, or deletes it.
///
/// # Errors
///
/// Fails when the file cannot be read or written, or a chapter has a mistake.
pub fn run(options: &Options) -> Result<ExitCode> {
    let store = Store::of_user();
    if options.delete {
        let entries = store.load()?.records.len();
        store.delete()?;
        println!("{entries} entries were deleted.");
    } else if options.export {
        println!("{}", serde_json::to_string_pretty(&store.load()?)?);
    } else {
        let record = store.load()?;
        print!("{}", overview(&Book::load(&paths::root().join("book"))?, &record, now()));
        match paths::progress() {
            Some(file) => println!("\nThe record is in {}", file.display()),
            None => println!("\nNo record is kept: SD35_PROGRESS is empty, or there is no home."),
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// One line for each day with something in it.
fn overview(book: &Book, record: &Progress, now: u64) -> String {
    let mut text = String::from("day  exercises passed  questions right  to review\n");
    for day in &book.days {
        let number = day.header.number;
        let exercises: Vec<String> =
            day.chapter.exercises().map(|exercise| format!("exercise:{}", exercise.id)).collect();
        let passed =
            exercises.iter().filter(|name| record.records.get(*name).is_some_and(|e| e.passed())).count();
        let (mut questions, mut cards) = (Vec::new(), Vec::new());
        for block in &day.chapter.blocks {
            match block {
                Block::Quiz(quiz) => {
                    questions.extend(quiz.items.iter().map(|item| format!("quiz:{}", item.id(&quiz.id))));
                }
                Block::Cards(all) => cards.extend(all.iter().map(|card| format!("card:{}", card.id(number)))),
                _ => {}
            }
        }
        let entry = |name: &String| record.records.get(name);
        let right =
            questions.iter().filter_map(entry).filter(|e| e.fields.get("right") == Some(&true.into()));
        // The page computes when an item is due, and writes it down.
        let due = questions.iter().chain(&cards).filter_map(entry);
        let due = due.filter(|e| {
            e.fields.get("due").and_then(serde_json::Value::as_u64).is_some_and(|due| due <= now)
        });
        text += &format!(
            "{number:>3}  {:>16}  {:>15}  {:>9}\n",
            format!("{passed} of {}", exercises.len()),
            format!("{} of {}", right.count(), questions.len()),
            due.count()
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Map, json};

    use super::*;
    use crate::progress::Entry;

    #[test]
    fn a_day_is_a_line() {
        let book = Book::load(&paths::root().join("book")).expect("the book");
        let day = &book.days[0];
        let exercise = day.chapter.exercises().next().expect("an exercise");
        let card = day.chapter.blocks.iter().find_map(|block| match block {
            Block::Cards(cards) => Some(cards[0].id(day.header.number)),
            _ => None,
        });
        let fields = |value: serde_json::Value| value.as_object().cloned().unwrap_or_else(Map::new);
        let records = BTreeMap::from([
            (
                format!("exercise:{}", exercise.id),
                Entry { at: 1, fields: fields(json!({ "state": "passed" })) },
            ),
            (
                format!("card:{}", card.expect("a card")),
                Entry { at: 1, fields: fields(json!({ "due": 50 })) },
            ),
        ]);
        let text = overview(&book, &Progress { deleted: 0, records }, 60);
        let line = text.lines().nth(1).expect("the first day");
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!((words[1], words[2], words.last()), ("1", "of", Some(&"1")), "{line}");
    }
}
