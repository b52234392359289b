//! A day as a Jupyter notebook (nbformat 4.5).

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use crate::cell::Cell;
use crate::chapter::Block;
use crate::html::table;
use crate::quiz::{Card, Quiz};
use crate::recorded::Recorded;
use crate::{Day, Exercise, Explorable};

/// The kernel's name, as `sd35 kernel install` registers it.
const KERNEL: &str = "sd35";
const KERNEL_TITLE: &str = "Rust (System Design in 35 Days)";

/// The whole notebook, with the recorded outputs in place. Figures are looked up from `chapters`, the folder
/// of the chapter, and travel inside the notebook.
pub fn notebook(day: &Day, recorded: &Recorded, chapters: &Path) -> Value {
    let mut cells = Cells { recorded, chapters, cells: Vec::new() };
    let notes = day.chapter.notes.iter();
    for block in day.chapter.blocks.iter().chain(notes) {
        match block {
            Block::Prose(text) => cells.prose(text),
            Block::Cell(cell) => cells.code(cell),
            Block::Exercise(exercise) => cells.exercise(exercise),
            Block::Quiz(quiz) => cells.prose(&quiz_text(quiz)),
            Block::Cards(cards) => cells.prose(&cards_text(cards)),
            Block::Explorable(explorable) => cells.explorable(explorable, &day.header.slug),
        }
    }
    json!({
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": { "name": KERNEL, "display_name": KERNEL_TITLE, "language": "rust" },
            "language_info": {
                "name": "rust", "mimetype": "text/rust", "file_extension": ".rs",
                "pygments_lexer": "rust", "codemirror_mode": "rust",
            },
            "title": format!("Day {}: {}", day.header.number, day.header.title),
        },
        "cells": cells.cells,
    })
}

struct Cells<'a> {
    recorded: &'a Recorded,
    chapters: &'a Path,
    cells: Vec<Value>,
}

impl Cells<'_> {
    fn prose(&mut self, text: &str) {
        let text = text.trim();
        if !text.is_empty() {
            // Ids of code are the chapter's; prose is numbered.
            let id = format!("text-{}", self.cells.len());
            let (text, attachments) = attach_figures(text, self.chapters);
            let mut cell = json!({ "cell_type": "markdown", "id": id, "metadata": {}, "source": text });
            if !attachments.is_empty() {
                cell["attachments"] = attachments.into();
            }
            self.cells.push(cell);
        }
    }

    fn code(&mut self, cell: &Cell) {
        let mut tags = Vec::new();
        if cell.role.fails {
            // Clients that run a whole notebook go on after a cell with this tag.
            tags.push("raises-exception");
        }
        let hidden = json!({ "source_hidden": cell.role.setup });
        let mut outputs = self.recorded.outputs(cell).unwrap_or_default().to_vec();
        for output in &mut outputs {
            if output["output_type"] == "execute_result" {
                output["execution_count"] = Value::Null;
            }
        }
        self.cells.push(json!({
            "cell_type": "code",
            "id": cell.id,
            "metadata": { "tags": tags, "jupyter": hidden },
            "execution_count": null,
            "source": cell.source,
            "outputs": outputs,
        }));
    }

    /// The recorded figure, in words too, and where it can be changed.
    fn explorable(&mut self, explorable: &Explorable, slug: &str) {
        let Explorable { about, view } = explorable;
        let file = format!("{}.svg", about.name);
        let mut text =
            format!("**{}.** {}\n\n![{}](attachment:{file})\n\n", about.title, about.about, view.alt);
        for fact in &view.facts {
            text += &format!("- {}: **{}**\n", fact.name, fact.shown);
        }
        let numbers = table(&view.columns, &view.rows);
        text += &format!("\n{}", folded("Numbers", &numbers));
        text += &format!(
            "On the page of this lesson the figure has sliders: run `cargo run --release` in the folder of the \
             course and open `{slug}.html#explorable={}`.\n",
            about.name
        );
        let figure = BASE64_STANDARD.encode(explorable.standalone());
        self.cells.push(json!({
            "cell_type": "markdown",
            "id": format!("explorable-{}", about.name),
            "metadata": {},
            "source": text,
            "attachments": { file: { "image/svg+xml": figure } },
        }));
    }

    fn exercise(&mut self, exercise: &Exercise) {
        let [starter, check] = exercise.cells();
        let level = exercise.level.name();
        self.prose(&format!(
            "### Exercise: {} ({level}, {} minutes)\n\n{}",
            exercise.title, exercise.minutes, exercise.statement
        ));
        self.code(&starter);
        self.code(&check);
        let mut help = String::new();
        for (number, hint) in exercise.hints.iter().enumerate() {
            help += &folded(&format!("Hint {}", number + 1), hint);
        }
        help += &folded("A solution", &format!("```rust\n{}\n```", exercise.solution));
        self.prose(&help);
    }
}

/// Turns links to `diagrams/*.svg` into attachments of the notebook's cell; a figure that cannot be read stays
/// a link.
fn attach_figures(text: &str, chapters: &Path) -> (String, Map<String, Value>) {
    const START: &str = "](diagrams/";
    let mut attachments = Map::new();
    let mut done = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(START) {
        let name = after.split(')').next().unwrap_or_default();
        let svg = std::fs::read(chapters.join("diagrams").join(name));
        done += before;
        match svg {
            Ok(svg) if name.ends_with(".svg") => {
                done += "](attachment:";
                attachments.insert(name.to_owned(), json!({ "image/svg+xml": BASE64_STANDARD.encode(svg) }));
            }
            _ => done += START,
        }
        rest = after;
    }
    (done + rest, attachments)
}

fn folded(summary: &str, text: &str) -> String {
    format!("<details><summary>{summary}</summary>\n\n{text}\n\n</details>\n\n")
}

fn quiz_text(quiz: &Quiz) -> String {
    let mut text = String::new();
    for (number, item) in quiz.items.iter().enumerate() {
        text += &format!("**{}.** {}\n\n", number + 1, item.question.trim());
        let mut answer = String::new();
        for (index, option) in item.options.iter().enumerate() {
            let letter = char::from(b'a' + u8::try_from(index).unwrap_or(25).min(25));
            text += &format!("- {letter}) {}\n", option.text.trim());
            let verdict = if option.correct { "right" } else { "wrong" };
            answer += &format!("- {letter}) {verdict}: {}\n", option.why.trim());
        }
        text += &format!("\n{}", folded("Answers, explained", &answer));
    }
    text
}

fn cards_text(cards: &[Card]) -> String {
    cards.iter().map(|card| folded(card.front.trim(), card.back.trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_travel_with_the_notebook() {
        let chapters = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/chapters"));
        let text = "a ![path](diagrams/day-03-path.svg) b ![none](diagrams/none.svg) c";
        let (text, attachments) = attach_figures(text, chapters);
        assert_eq!(text, "a ![path](attachment:day-03-path.svg) b ![none](diagrams/none.svg) c");
        let encoded = attachments["day-03-path.svg"]["image/svg+xml"].as_str().expect("base64");
        assert!(BASE64_STANDARD.decode(encoded).expect("base64").starts_with(b"<svg"));
    }
}
