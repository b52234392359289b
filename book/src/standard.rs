//! What every lesson must have, counted.
//!
//! The floors are those of the best courses we know, or above them; a lesson may have more of everything
//! except words. Counting says nothing about whether a lesson is good, only that nothing was forgotten.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::cell::Cell;
use crate::chapter::Block;
use crate::quiz::{Item, Kind, QuizOption};
use crate::recorded::Recorded;
use crate::{Day, Exercise};

/// Sections that every lesson has, in this order.
const SECTIONS: [&str; 9] = [
    "Before you start",
    "Break it",
    "In the real thing",
    "When not to use it",
    "Exercises",
    "Why?",
    "Summary",
    "Sources",
    "Instructor notes",
];

/// Lines of a cell that a reader takes in at a glance; set-up and cells that drive real servers may be longer.
const VISIBLE_LINES: usize = 15;
/// Words of a section that explains one idea.
const SECTION_WORDS: usize = 450;

/// One thing that is counted, and how much of it there must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// What is counted.
    pub what: &'static str,
    /// How much there is.
    pub found: usize,
    /// How much there must be at least.
    pub floor: usize,
    /// How much there may be at most.
    pub cap: Option<usize>,
    /// Which ones, where that helps to find them.
    pub note: String,
}

impl Count {
    fn at_least(what: &'static str, found: usize, floor: usize) -> Self {
        Self { what, found, floor, cap: None, note: String::new() }
    }

    /// For things that should not be there at all.
    fn none(what: &'static str, which: Vec<String>) -> Self {
        Self { what, found: which.len(), floor: 0, cap: Some(0), note: which.join(", ") }
    }

    fn at_most(self, cap: usize) -> Self {
        Self { cap: Some(cap), ..self }
    }

    /// Whether the lesson has enough of it, and not too much.
    pub fn holds(&self) -> bool {
        self.found >= self.floor && self.cap.is_none_or(|cap| self.found <= cap)
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.what, self.found)?;
        match (self.floor, self.cap) {
            (_, Some(0)) => {}
            (floor, None) => write!(f, " (at least {floor})")?,
            (floor, Some(cap)) => write!(f, " ({floor} to {cap})")?,
        }
        if self.note.is_empty() { Ok(()) } else { write!(f, ": {}", self.note) }
    }
}

/// Counts what a lesson has.
pub fn count(day: &Day, recorded: &Recorded) -> Vec<Count> {
    let lesson = sections(&day.chapter.blocks);
    let cells: Vec<&Cell> = lesson.iter().flat_map(|section| section.cells.iter().copied()).collect();
    let words: usize = lesson.iter().map(|section| section.words).sum();
    let notes: usize = sections(&day.chapter.notes).iter().map(|section| section.words).sum();
    let in_section = |title: &str| {
        lesson
            .iter()
            .filter(|section| section.title == title)
            .flat_map(|section| section.cells.iter())
            .count()
    };
    let measures = |cell: &&&Cell| cell.role.timed || shows(recorded, cell, &["image/svg+xml", "text/html"]);
    let breaks = lesson.iter().flat_map(|section| {
        section.cells.iter().filter(|cell| cell.role.fails || section.title == "Break it")
    });
    let drawn = cells.iter().filter(|cell| shows(recorded, cell, &["image/svg+xml"])).count();
    let pictures: usize = lesson.iter().map(|section| section.pictures).sum();
    let longest = lesson.iter().map(|section| section.words).max().unwrap_or(0);
    // Imports, which the first cell has, are not what a reader has to take in.
    let import = |line: &&str| line.is_empty() || line.starts_with("use lessons::");
    let lines = |cell: &Cell| cell.source.lines().skip_while(import).count();
    let long = |cell: &&&Cell| !cell.role.setup && lines(cell) > VISIBLE_LINES;
    let real: BTreeSet<&str> = lesson
        .iter()
        .filter(|section| section.title == "In the real thing")
        .flat_map(|section| section.cells.iter().map(|cell| cell.id.as_str()))
        .collect();
    let ids = |found: Vec<&Cell>| found.into_iter().map(|cell| cell.id.clone()).collect();
    let long: Vec<&Cell> =
        cells.iter().filter(long).filter(|cell| !real.contains(cell.id.as_str())).copied().collect();

    let mut counts = vec![
        Count::at_least("words of prose", words, 1_300).at_most(2_200),
        Count::at_least("words of the longest section", longest, 0).at_most(SECTION_WORDS),
        Count::at_least("words of instructor notes", notes, 500),
        Count::at_least("cells", cells.iter().filter(|cell| !cell.role.setup).count(), 8),
        Count::at_least("cells with a plot, a table or times", cells.iter().filter(measures).count(), 3),
        Count::at_least("cells that break something", breaks.count(), 1),
        Count::at_least("cells with the real thing", in_section("In the real thing"), 1),
        Count::none("cells of more than 15 lines", ids(long)),
        Count::at_least("predictions", lesson.iter().map(|section| section.predictions).sum(), 3),
        Count::at_least("figures beside plots", pictures, 1),
        Count::at_least("figures and plots", pictures + drawn, 2),
    ];
    counts.extend(learning(day));
    counts.extend(guessable(&day.chapter.blocks));
    let present = lesson.iter().map(|section| section.title.as_str()).chain(
        day.chapter.notes.iter().any(|block| matches!(block, Block::Prose(_))).then_some("Instructor notes"),
    );
    counts.push(Count::none("sections missing or out of order", missing(present)));
    counts
}

/// What the reader does: exercises, quizzes, cards.
fn learning(day: &Day) -> Vec<Count> {
    let exercises: Vec<&Exercise> = day.chapter.exercises().collect();
    let few_mistakes = exercises.iter().filter(|exercise| exercise.mistakes.len() < 3);
    let items: Vec<Kind> = day.chapter.blocks.iter().flat_map(kinds).collect();
    let recall = items.iter().filter(|kind| **kind == Kind::Recall).count();
    let deep = items.iter().filter(|kind| matches!(kind, Kind::Why | Kind::Predict)).count();
    let cards: usize = day
        .chapter
        .blocks
        .iter()
        .map(|block| if let Block::Cards(cards) = block { cards.len() } else { 0 })
        .sum();
    // On the first day there is nothing to recall.
    let to_recall = if day.header.number == 1 { 0 } else { 2 };
    vec![
        Count::at_least("exercises", exercises.len(), 2),
        Count::none(
            "exercises with fewer than 3 planted mistakes",
            few_mistakes.map(|exercise| exercise.id.clone()).collect(),
        ),
        Count::at_least("quiz items", items.len(), 5),
        Count::at_least("quiz items on earlier days", recall, to_recall),
        Count::at_least(
            "quiz items that ask why or for a prediction",
            deep,
            (items.len() - recall).div_ceil(2),
        ),
        Count::at_least("flash cards", cards, 5),
        Count::at_least("sources", sources(&day.chapter.blocks), 1).at_most(6),
        Count::at_least("minutes of the core lane", day.header.minutes.core as usize, 30).at_most(90),
    ]
}

/// Whether the quizzes can be answered without reading: by the longest option, by its place, by a word.
fn guessable(blocks: &[Block]) -> Vec<Count> {
    let quizzes =
        blocks.iter().filter_map(|block| if let Block::Quiz(quiz) = block { Some(quiz) } else { None });
    let items: Vec<&Item> = quizzes.flat_map(|quiz| &quiz.items).collect();
    let mut at: BTreeMap<usize, usize> = BTreeMap::new();
    let (mut longest, mut said) = (Vec::new(), Vec::new());
    for item in &items {
        let Some(place) = item.options.iter().position(|option| option.correct) else { continue };
        *at.entry(place).or_default() += 1;
        let right = &item.options[place];
        let length = |option: &QuizOption| option.text.trim().chars().count();
        if item.options.iter().all(|option| option.correct || length(option) < length(right)) {
            longest.push(item.question.trim().to_owned());
        }
        if right.why.trim_start().starts_with("Right") {
            said.push(item.question.trim().to_owned());
        }
    }
    let commonest = at.values().copied().max().unwrap_or(0);
    vec![
        Count::at_least("quiz items whose right option is the longest", longest.len(), 0)
            .at_most(items.len() * 2 / 5),
        Count::at_least("quiz items with the right option in the commonest place", commonest, 0)
            .at_most(items.len().div_ceil(2)),
        Count::none("explanations that begin with \"Right\"", said),
    ]
}

fn kinds(block: &Block) -> Vec<Kind> {
    match block {
        Block::Quiz(quiz) => quiz.items.iter().map(|item| item.kind).collect(),
        _ => Vec::new(),
    }
}

/// The numbered entries under "Sources".
fn sources(blocks: &[Block]) -> usize {
    let mut inside = false;
    let mut found = 0;
    for line in blocks
        .iter()
        .filter_map(|block| if let Block::Prose(text) = block { Some(text) } else { None })
        .flat_map(|text| text.lines())
    {
        if let Some(title) = line.strip_prefix("## ") {
            inside = title.trim() == "Sources";
        }
        let number = line.split_once(". ").is_some_and(|(before, _)| before.parse::<u32>().is_ok());
        found += usize::from(inside && number);
    }
    found
}

/// Whether a cell put out something of one of these kinds when it was recorded.
fn shows(recorded: &Recorded, cell: &Cell, kinds: &[&str]) -> bool {
    let outputs = recorded.outputs(cell).unwrap_or_default();
    outputs
        .iter()
        .any(|output| kinds.iter().any(|kind| output["data"].get(kind).is_some_and(Value::is_string)))
}

/// The required sections that are not there, or stand before the one that they should follow.
fn missing<'a>(present: impl Iterator<Item = &'a str>) -> Vec<String> {
    let present: Vec<&str> = present.collect();
    let mut before = None;
    let mut missing = Vec::new();
    for title in SECTIONS {
        let at = present.iter().position(|other| *other == title);
        if at.is_none() || at < before {
            missing.push(title.to_owned());
        }
        before = at.or(before);
    }
    missing
}

/// What stands under one heading.
#[derive(Default)]
struct Section<'a> {
    title: String,
    words: usize,
    predictions: usize,
    pictures: usize,
    cells: Vec<&'a Cell>,
}

fn sections(blocks: &[Block]) -> Vec<Section<'_>> {
    let mut sections = vec![Section::default()];
    for block in blocks {
        match block {
            Block::Prose(text) => read_prose(text, &mut sections),
            Block::Cell(cell) => sections.last_mut().expect("never empty").cells.push(cell),
            Block::Explorable(_) => sections.last_mut().expect("never empty").pictures += 1,
            Block::Exercise(_) | Block::Quiz(_) | Block::Cards(_) => {}
        }
    }
    sections
}

/// Tables, lists of sources and ordinary code are not prose: nobody reads them word by word.
fn read_prose(text: &str, sections: &mut Vec<Section<'_>>) {
    let mut code = false;
    for line in text.lines() {
        if line.starts_with("```") {
            code = !code;
        }
        if code || line.starts_with("```") {
            continue;
        }
        if let Some(title) = line.strip_prefix("## ") {
            sections.push(Section { title: title.trim().to_owned(), ..Section::default() });
            continue;
        }
        let section = sections.last_mut().expect("never empty");
        section.pictures += line.matches("](diagrams/").count();
        section.predictions += usize::from(line.starts_with("> **Predict.**"));
        if !line.starts_with('|') && !line.starts_with("![") && section.title != "Sources" {
            section.words +=
                line.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &str) -> Vec<Block> {
        vec![Block::Prose(text.to_owned())]
    }

    #[test]
    fn words_are_those_that_are_read() {
        let text = "# Day\n\nTwo words.\n\n| a table | of words |\n```sh\nls -l\n```\n![a map](diagrams/x.svg)\n\
                    ## Sources\n1. Not counted.\n";
        let blocks = blocks(text);
        let sections = sections(&blocks).into_iter().map(|s| (s.title, s.words, s.pictures));
        assert_eq!(sections.collect::<Vec<_>>(), [(String::new(), 3, 1), ("Sources".into(), 0, 0)]);
    }

    #[test]
    fn sources_are_counted_where_they_stand() {
        assert_eq!(sources(&blocks("## Steps\n1. a\n## Sources\n1. A.\n2. B.\n## Notes\n3. c\n")), 2);
    }

    #[test]
    fn a_section_out_of_order_is_missing() {
        assert_eq!(missing(SECTIONS.into_iter()), Vec::<String>::new());
        let swapped = SECTIONS.into_iter().filter(|title| *title != "Break it").chain(["Break it"]);
        assert_eq!(missing(swapped), ["In the real thing"]);
        assert_eq!(missing(SECTIONS.into_iter().skip(1)), ["Before you start"]);
    }

    #[test]
    fn a_quiz_can_be_guessed_by_length_place_and_word() {
        let item = "[[item]]\nquestion = \"Why?\"\nkind = \"why\"\n\
                    [[item.option]]\ntext = \"It is longer\"\ncorrect = true\nwhy = \"Right: so.\"\n\
                    [[item.option]]\ntext = \"It is\"\nwhy = \"No.\"\n";
        let quiz = crate::quiz::Quiz::parse("q", &item.repeat(3)).expect("a quiz");
        let counts = guessable(&[Block::Quiz(quiz)]);
        assert_eq!(counts.iter().map(|count| count.found).collect::<Vec<_>>(), [3, 3, 3]);
        assert!(counts.iter().all(|count| !count.holds()));
    }

    #[test]
    fn a_count_says_what_it_wants() {
        let count = Count::at_least("cells", 7, 8);
        assert!(!count.holds());
        assert_eq!(count.to_string(), "cells: 7 (at least 8)");
        let words = Count::at_least("words", 2_300, 1_300).at_most(2_200);
        assert_eq!((words.holds(), words.to_string()), (false, "words: 2300 (1300 to 2200)".to_owned()));
        let none = Count::none("long cells", vec!["d03-a".into()]);
        assert_eq!((none.holds(), none.to_string()), (false, "long cells: 1: d03-a".to_owned()));
    }
}
