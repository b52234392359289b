//! The one parser of chapters: prose, cells, exercises, quizzes and cards, in order.
//!
//! Page, notebook and check all start from the [`Chapter`] that comes out of here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::cell::{Cell, Role};
use crate::exercise::{self, Exercise};
use crate::explorable::Explorable;
use crate::quiz::{Card, Quiz};

/// Something wrong in a chapter: the place and one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}", file = file.display())]
pub struct ChapterError {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

/// One part of a chapter.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// Markdown.
    Prose(String),
    /// Code that runs.
    Cell(Cell),
    /// An exercise with its starter, its check and its hints.
    Exercise(Box<Exercise>),
    /// Questions with explained answers.
    Quiz(Quiz),
    /// Flash cards.
    Cards(Vec<Card>),
    /// A figure with sliders.
    Explorable(Box<Explorable>),
}

/// One lesson.
#[derive(Clone, Debug, PartialEq)]
pub struct Chapter {
    /// Its parts, in order, without the instructor notes.
    pub blocks: Vec<Block>,
    /// The parts of the instructor notes.
    pub notes: Vec<Block>,
}

/// The line that starts the instructor notes; they go to the end of the file.
const NOTES: &str = "## Instructor notes";

impl Chapter {
    /// Reads a chapter. Exercises and explorables are looked up in `book`, the folder of the book.
    ///
    /// # Errors
    ///
    /// Names the file, the line and what to do: an unknown tag, a bad or repeated id, a fence that is never
    /// closed, a quiz that does not parse, an exercise or an explorable that does not exist.
    pub fn parse(text: &str, file: &Path, book: &Path) -> Result<Self, ChapterError> {
        let mut reader =
            Reader { file, book, ids: BTreeSet::new(), prose: String::new(), blocks: Vec::new() };
        let mut notes_at = None;
        let mut lines = text.lines().enumerate();
        while let Some((index, line)) = lines.next() {
            let number = index + 1;
            if let Some(info) = line.strip_prefix("```") {
                let mut body = String::new();
                let closing = loop {
                    match lines.next() {
                        Some((_, "```")) => break true,
                        Some((_, line)) => {
                            body.push_str(line);
                            body.push('\n');
                        }
                        None => break false,
                    }
                };
                if !closing {
                    return Err(reader.error(number, "this code block is never closed; add a line with ```"));
                }
                reader.fence(info.trim(), body, number)?;
            } else if let Some(id) =
                line.trim().strip_prefix("{{#exercise ").and_then(|l| l.strip_suffix("}}"))
            {
                reader.exercise(id.trim(), number)?;
            } else if let Some(name) =
                line.trim().strip_prefix("{{#explorable ").and_then(|l| l.strip_suffix("}}"))
            {
                reader.explorable(name.trim(), number)?;
            } else {
                if line.trim_end() == NOTES {
                    reader.end_prose();
                    notes_at = Some(reader.blocks.len());
                }
                reader.prose.push_str(line);
                reader.prose.push('\n');
            }
        }
        reader.end_prose();
        let mut blocks = reader.blocks;
        let notes = notes_at.map_or_else(Vec::new, |at| blocks.split_off(at));
        Ok(Self { blocks, notes })
    }

    /// All code that runs, in order: cells, and of each exercise the starter and the check.
    pub fn cells(&self) -> Vec<Cell> {
        let cells = |block: &Block| match block {
            Block::Cell(cell) => vec![cell.clone()],
            Block::Exercise(exercise) => exercise.cells().to_vec(),
            _ => Vec::new(),
        };
        self.blocks.iter().flat_map(cells).collect()
    }

    /// The exercises, in order.
    pub fn exercises(&self) -> impl Iterator<Item = &Exercise> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Exercise(exercise) => Some(exercise.as_ref()),
            _ => None,
        })
    }
}

struct Reader<'a> {
    file: &'a Path,
    book: &'a Path,
    ids: BTreeSet<String>,
    prose: String,
    blocks: Vec<Block>,
}

impl Reader<'_> {
    fn error(&self, line: usize, message: impl Into<String>) -> ChapterError {
        ChapterError { file: self.file.to_owned(), line, message: message.into() }
    }

    fn end_prose(&mut self) {
        if !self.prose.trim().is_empty() {
            self.blocks.push(Block::Prose(std::mem::take(&mut self.prose)));
        }
        self.prose.clear();
    }

    fn push(&mut self, block: Block) {
        self.end_prose();
        self.blocks.push(block);
    }

    fn fence(&mut self, info: &str, body: String, line: usize) -> Result<(), ChapterError> {
        let words: Vec<&str> = info.split(',').map(str::trim).collect();
        if let Some(id) = words.iter().find_map(|word| word.strip_prefix("cell-")) {
            let role = self.role(&words, line)?;
            self.claim(id, line)?;
            let source = body.trim_end().to_owned();
            self.push(Block::Cell(Cell { id: id.to_owned(), source, role, line }));
        } else if let Some(id) = words.iter().find_map(|word| word.strip_prefix("quiz-")) {
            self.claim(id, line)?;
            let quiz = Quiz::parse(id, &body).map_err(|message| self.error(line, message))?;
            self.push(Block::Quiz(quiz));
        } else if words == ["toml", "cards"] {
            let cards = Card::parse(&body).map_err(|message| self.error(line, message))?;
            self.push(Block::Cards(cards));
        } else {
            // An ordinary code block is prose.
            self.prose.push_str(&format!("```{info}\n{body}```\n"));
        }
        Ok(())
    }

    fn role(&self, words: &[&str], line: usize) -> Result<Role, ChapterError> {
        if words[..2.min(words.len())] != ["rust", "noplayground"] {
            return Err(self.error(line, "a cell starts with ```rust,noplayground,cell-<id>"));
        }
        let mut role = Role::default();
        for word in &words[2..] {
            match *word {
                "setup" => role.setup = true,
                "fails" => role.fails = true,
                "timed" => role.timed = true,
                cell if cell.starts_with("cell-") => {}
                other => {
                    let message = format!("unknown tag `{other}`: a cell may be `setup`, `fails` or `timed`");
                    return Err(self.error(line, message));
                }
            }
        }
        Ok(role)
    }

    /// Ids become parts of links and file names, so they are plain; the day keeps them apart across chapters.
    fn claim(&mut self, id: &str, line: usize) -> Result<(), ChapterError> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let bytes = id.as_bytes();
        let day = bytes.len() > 4
            && bytes[0] == b'd'
            && bytes[1].is_ascii_digit()
            && bytes[2].is_ascii_digit()
            && bytes[3] == b'-';
        if !day || !id.chars().all(plain) {
            let message =
                format!("the id `{id}` is not of the form d03-some-name (lower case, digits, hyphens)");
            return Err(self.error(line, message));
        }
        self.take(id, line)
    }

    fn take(&mut self, id: &str, line: usize) -> Result<(), ChapterError> {
        if !self.ids.insert(id.to_owned()) {
            return Err(self.error(line, format!("the id `{id}` is used twice; choose another")));
        }
        Ok(())
    }

    /// Exercises are named by topic; an id as a plain word never looks like that of a day.
    fn exercise(&mut self, id: &str, line: usize) -> Result<(), ChapterError> {
        let word = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_lowercase())
                && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        if !id.split_once('/').is_some_and(|(topic, name)| word(topic) && word(name)) {
            let message = format!(
                "the exercise `{id}` is not of the form topic/name, as its folder in lessons-crate/exercises"
            );
            return Err(self.error(line, message));
        }
        self.take(&exercise::plain(id), line)?;
        self.take(&format!("{}-check", exercise::plain(id)), line)?;
        let exercise = Exercise::load(&self.book.join(exercise::FOLDER), id, line)
            .map_err(|message| self.error(line, message))?;
        self.push(Block::Exercise(Box::new(exercise)));
        Ok(())
    }

    fn explorable(&mut self, name: &str, line: usize) -> Result<(), ChapterError> {
        let explorable = Explorable::load(&self.book.join("explorables"), name)
            .map_err(|message| self.error(line, message))?;
        // Addresses that share what its sliders say could not tell two of them apart.
        if !self.ids.insert(format!("explorable {name}")) {
            return Err(self.error(line, format!("the explorable `{name}` is here twice; once is enough")));
        }
        self.push(Block::Explorable(Box::new(explorable)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Chapter, ChapterError> {
        Chapter::parse(text, Path::new("day.md"), Path::new(env!("CARGO_MANIFEST_DIR")))
    }

    #[track_caller]
    fn refused(text: &str, line: usize, words: &str) {
        let error = parse(text).expect_err(text);
        assert_eq!(error.line, line, "{error}");
        assert!(error.message.contains(words), "{error}");
    }

    #[test]
    fn parts_come_in_order() {
        let text = "# Day\n\n```rust,noplayground,cell-d03-a,setup\nlet x = 1;\n```\nText\n```sh\nls\n```\n\
                    ## Instructor notes\nSlowly.\n";
        let chapter = parse(text).expect("a good chapter");
        let [Block::Prose(title), Block::Cell(cell), Block::Prose(rest)] = chapter.blocks.as_slice() else {
            panic!("{:?}", chapter.blocks)
        };
        assert_eq!(title, "# Day\n\n");
        assert_eq!((cell.id.as_str(), cell.source.as_str(), cell.line), ("d03-a", "let x = 1;", 3));
        assert!(cell.role.setup && !cell.role.fails);
        assert_eq!(rest, "Text\n```sh\nls\n```\n");
        assert_eq!(chapter.notes, [Block::Prose("## Instructor notes\nSlowly.\n".into())]);
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        refused("x\n```rust,noplayground,cell-d03-a,often\n```\n", 2, "unknown tag `often`");
        refused("```rust,noplayground,cell-D03\n```\n", 1, "not of the form");
        refused("```rust,cell-d03-a\n```\n", 1, "a cell starts with");
        let cell = "```rust,noplayground,cell-d03-a\n```\n";
        refused(&format!("{cell}{cell}"), 3, "used twice");
        refused("a\nb\n```rust\nfn", 3, "never closed");
        refused("{{#exercise cache/none}}", 1, "exercises/cache/none");
        refused("{{#exercise d03-none}}", 1, "topic/name");
        refused("{{#exercise cache/lru}}\n\n{{#exercise cache/lru}}", 3, "used twice");
        refused("{{#explorable d03-none}}", 1, "no explorable `d03-none`");
        refused("{{#explorable bloom-filter}}\n{{#explorable bloom-filter}}", 2, "here twice");
        refused("```toml,quiz-d03-q\n[[item]]\n```\n", 1, "question");
    }
}
