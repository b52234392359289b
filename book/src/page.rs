//! The site: mdBook's pages, with our cells in them.
//!
//! mdBook renders the prose; a preprocessor puts each cell, exercise and quiz in as HTML around a code
//! block. The recorded outputs go in afterwards, into the finished pages, so that the search index holds
//! the words of the book and not thousands of numbers.

mod explorable;
mod markup;
mod outputs;

pub(crate) use explorable::table;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use mdbook_core::book::BookItem;
use mdbook_core::config::Config;
use mdbook_driver::MDBook;
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use crate::{Block, Book};

/// Builds the site into `out`. Until everything is there, whatever was in `out` stays as it was.
///
/// # Errors
///
/// Fails when a page does not render, or the disk is full or read-only.
pub fn build(book: &Book, out: &Path) -> Result<()> {
    let parent = out.parent().context("the site needs a folder to be in")?;
    let aside = parent.join(".site-new");
    remove(&aside)?;
    let built = build_in(book, &aside).and_then(|()| replace(&aside, out));
    if built.is_err() {
        let _ = remove(&aside);
    }
    built
}

fn build_in(book: &Book, aside: &Path) -> Result<()> {
    let mut config = Config::from_disk(book.root().join("book.toml")).context("in book/book.toml")?;
    config.build.build_dir = aside.to_owned();
    let mut mdbook =
        MDBook::load_with_config(book.root(), config).context("mdBook could not load the book")?;
    let pages = book
        .days
        .iter()
        .map(|day| (PathBuf::from(format!("{}.md", day.header.slug)), markup::page(day)))
        .collect();
    mdbook.with_preprocessor(Lessons { pages });
    mdbook.build().context("mdBook could not build the book")?;
    insert_outputs(book, aside)
}

/// Replaces the text of each lesson by what [`markup`] made of it.
struct Lessons {
    pages: BTreeMap<PathBuf, String>,
}

impl Preprocessor for Lessons {
    fn name(&self) -> &str {
        "lessons"
    }

    fn run(
        &self,
        _: &PreprocessorContext,
        mut book: mdbook_core::book::Book,
    ) -> mdbook_core::errors::Result<mdbook_core::book::Book> {
        book.for_each_mut(|item| {
            if let BookItem::Chapter(chapter) = item
                && let Some(text) = chapter.path.as_ref().and_then(|path| self.pages.get(path))
            {
                chapter.content.clone_from(text);
            }
        });
        Ok(book)
    }
}

/// Fills the empty places that [`markup`] left for outputs, in every page (the print page has all of them).
fn insert_outputs(book: &Book, site: &Path) -> Result<()> {
    let mut places = Vec::new();
    for day in &book.days {
        for block in day.chapter.blocks.iter().chain(&day.chapter.notes) {
            if let Block::Explorable(explorable) = block {
                places.push((explorable::place(&explorable.about.name), explorable::html(explorable)));
            }
        }
        let recorded = book.recorded(day)?;
        for cell in day.chapter.cells() {
            if let Some(shown) = recorded.outputs(&cell) {
                places.push((
                    markup::outputs_place(&cell.id, ""),
                    markup::outputs_place(&cell.id, &outputs::html(shown)),
                ));
            }
        }
    }
    for entry in fs::read_dir(site)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "html") {
            continue;
        }
        let page = fs::read_to_string(&path)?;
        let filled = places.iter().fold(page.clone(), |page, (empty, full)| page.replace(empty, full));
        if filled != page {
            fs::write(&path, filled)?;
        }
    }
    Ok(())
}

/// Two renames: a reader never sees half a site.
fn replace(new: &Path, out: &Path) -> Result<()> {
    let old = out.with_file_name(".site-old");
    remove(&old)?;
    if out.exists() {
        fs::rename(out, &old).with_context(|| format!("cannot replace {}", out.display()))?;
    }
    fs::rename(new, out).with_context(|| format!("cannot write {}", out.display()))?;
    remove(&old)
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}
