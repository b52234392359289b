//! One day of the course: what the manifest says of it, and its chapter.

use serde::Deserialize;

use crate::chapter::{Block, Chapter};

/// One day of the course, as `lessons.toml` lists it, with its chapter.
#[derive(Clone, Debug)]
pub struct Day {
    /// What the manifest says.
    pub header: Header,
    /// The parts of the lesson.
    pub chapter: Chapter,
}

impl Day {
    /// The entries of the list under "Sources", in order.
    pub fn sources(&self) -> Vec<String> {
        let mut inside = false;
        let mut sources: Vec<String> = Vec::new();
        let prose = self.chapter.blocks.iter().filter_map(|block| match block {
            Block::Prose(text) => Some(text),
            _ => None,
        });
        for line in prose.flat_map(|text| text.lines()) {
            if let Some(title) = line.strip_prefix("## ") {
                inside = title.trim() == "Sources";
            } else if inside {
                match line.split_once(". ") {
                    Some((number, source)) if number.parse::<u32>().is_ok() => {
                        sources.push(source.trim().to_owned())
                    }
                    // A long entry goes on with the next line.
                    _ => {
                        if let Some(last) = sources.last_mut().filter(|_| !line.trim().is_empty()) {
                            *last += " ";
                            *last += line.trim();
                        }
                    }
                }
            }
        }
        sources
    }
}

/// The head of a lesson.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// From 1 to 35.
    pub number: u32,
    /// The name of its file, page and notebook.
    pub slug: String,
    /// In a few words.
    pub title: String,
    /// What the day answers.
    pub question: String,
    /// How long it takes.
    pub minutes: Minutes,
    /// The modules of the `lessons` library that it uses.
    pub modules: Vec<String>,
    /// The files of `datasets/` that it uses.
    #[serde(default)]
    pub datasets: Vec<String>,
}

/// Minutes by way of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Minutes {
    /// Headings, plots and summary.
    pub skim: u32,
    /// Everything but the exercises marked as stretch.
    pub core: u32,
    /// All of it, with discussion.
    pub workshop: u32,
}
