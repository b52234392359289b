//! The site: mdBook's pages, with our cells in them.
//!
//! mdBook renders the prose; a preprocessor puts each cell, exercise and quiz in as HTML around a code
//! block. The recorded outputs go in afterwards, into the finished pages, so that the search index holds
//! the words of the book and not thousands of numbers.

mod explorable;
mod extra;
mod markup;
mod offline;
mod outputs;
pub mod policy;
mod repairs;
mod scripts;
mod stamp;
mod style;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use mdbook_core::book::{BookItem, Chapter};
use mdbook_core::config::Config;
use mdbook_driver::MDBook;
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use sha2::{Digest as _, Sha256};

use crate::glossary::Glossary;
use crate::{Block, Book, anki};

/// Builds the site into `out`. Until everything is there, whatever was in `out` stays as it was. Of two that build
/// at once, one waits for the other.
///
/// # Errors
///
/// Fails when a page does not render, or the disk is full or read-only.
pub fn build(book: &Book, out: &Path) -> Result<()> {
    let parent = out.parent().context("the site needs a folder to be in")?;
    // A lock on the folder itself leaves no file behind.
    let lock = || {
        fs::create_dir_all(parent)?;
        let folder = fs::File::open(parent)?;
        folder.lock().map(|()| folder)
    };
    let _lock = lock().with_context(|| format!("cannot lock {}", parent.display()))?;
    let aside = parent.join(".site-new");
    remove(&aside)?;
    let sources = stamp::of(book.root())?;
    let built = build_in(book, &aside)
        .and_then(|()| stamp::write(&sources, &aside))
        .and_then(|()| replace(&aside, out));
    if built.is_err() {
        let _ = remove(&aside);
    }
    built
}

/// Whether what is in `out` was built by this program from the files of the book as they are now.
pub fn is_current(book: &Book, out: &Path) -> bool {
    stamp::read(out).is_some_and(|built| stamp::of(book.root()).is_ok_and(|sources| sources == built))
}

fn build_in(book: &Book, aside: &Path) -> Result<()> {
    let mut config = Config::from_disk(book.root().join("book.toml")).context("in book/book.toml")?;
    config.build.build_dir = aside.to_owned();
    let mut mdbook =
        MDBook::load_with_config(book.root(), config).context("mdBook could not load the book")?;
    mdbook.with_preprocessor(Lessons::new(book)?);
    mdbook.build().context("mdBook could not build the book")?;
    scripts::write(&book.root().join("theme"), aside)?;
    anki::write(book, &aside.join("anki"))?;
    let module = copy_module(book, aside)?;
    insert_outputs(book, aside, module.as_deref())?;
    offline::write(aside)
}

/// Replaces the text of each lesson by what [`markup`] made of it, and adds the pages that [`extra`] makes.
struct Lessons {
    pages: BTreeMap<PathBuf, String>,
    weeks: Vec<(u32, String)>,
    glossary: String,
    sources: String,
}

impl Lessons {
    fn new(book: &Book) -> Result<Self> {
        let glossary = Glossary::load(&book.root().join("glossary.toml"))?;
        let mut pages = BTreeMap::new();
        let mut used: BTreeMap<String, Vec<(u32, String)>> = BTreeMap::new();
        for day in &book.days {
            let mut terms = BTreeSet::new();
            let page = markup::page(day, |text| glossary.link(text, &mut terms));
            for term in terms {
                used.entry(term).or_default().push((day.header.number, day.header.slug.clone()));
            }
            pages.insert(PathBuf::from(format!("{}.md", day.header.slug)), page);
        }
        Ok(Self {
            pages,
            weeks: extra::weeks(book),
            glossary: extra::glossary(&glossary, &used),
            sources: extra::sources(book),
        })
    }

    /// The chapters that are made, each where it belongs: the review after the introduction, the map of a week
    /// at its head, lists at the end.
    fn add_pages(&self, items: &mut Vec<BookItem>) -> Result<()> {
        let made = |name: &str, text: &str, file: &str| {
            BookItem::Chapter(Chapter::new(name, text.to_owned(), file, Vec::new()))
        };
        for (number, text) in &self.weeks {
            let title = format!("Week {number}");
            let starts =
                |item: &BookItem| matches!(item, BookItem::PartTitle(part) if part.starts_with(&title));
            let at = items.iter().position(starts);
            let at = at.with_context(|| format!("SUMMARY.md has no part that starts with `{title}`"))?;
            items.insert(at + 1, made(&format!("{title}: the map"), text, &format!("week-{number}.md")));
        }
        let at = items.len().min(1);
        items.insert(at, made("Review", &extra::review(), "review.md"));
        items.push(made("Glossary", &self.glossary, "glossary.md"));
        items.push(made("Sources", &self.sources, "sources.md"));
        Ok(())
    }
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
        self.add_pages(&mut book.items)?;
        Ok(book)
    }
}

/// Puts the module that draws explorables beside the pages, under a name that changes when it does; without it,
/// the recorded figures stand alone.
fn copy_module(book: &Book, site: &Path) -> Result<Option<String>> {
    let file = book.root().join("explorables/explorables.wasm");
    let Ok(module) = fs::read(&file) else { return Ok(None) };
    let digest = Sha256::digest(&module);
    let name =
        format!("explorables-{:02x}{:02x}{:02x}{:02x}.wasm", digest[0], digest[1], digest[2], digest[3]);
    fs::write(site.join(&name), module).with_context(|| format!("cannot copy {}", file.display()))?;
    Ok(Some(name))
}

/// An empty place that [`markup`] left on the page of a day and on that for printing, and what fills it.
struct Place {
    page: String,
    empty: String,
    full: String,
}

/// The places for what was recorded.
fn places(book: &Book, module: Option<&str>) -> Result<Vec<Place>> {
    let mut places = Vec::new();
    for day in &book.days {
        let page = format!("{}.html", day.header.slug);
        let mut add = |empty, full| places.push(Place { page: page.clone(), empty, full });
        for block in day.chapter.blocks.iter().chain(&day.chapter.notes) {
            if let Block::Explorable(explorable) = block {
                add(explorable::place(&explorable.about.name), explorable::html(explorable, module));
            }
        }
        let recorded = book.recorded(day)?;
        for cell in day.chapter.cells() {
            if let Some(shown) = recorded.outputs(&cell).filter(|shown| !shown.is_empty()) {
                let place = |outputs: &str| markup::outputs_place(&cell.id, outputs);
                add(place(""), place(&outputs::html(shown)));
            }
        }
    }
    Ok(places)
}

/// The page that holds all others.
const PRINT: &str = "print.html";
/// The list of chapters for readers without scripts, a page of its own kind.
const TOC: &str = "toc.html";
const REVIEW: &str = "review.html";

/// Fills the empty places, and finishes each page: repairs, style sheets, policy.
fn insert_outputs(book: &Book, site: &Path, module: Option<&str>) -> Result<()> {
    let places = places(book, module)?;
    let style = style::Style::join(&fs::read_to_string(site.join("index.html"))?, |href| {
        fs::read_to_string(site.join(href)).with_context(|| format!("no style sheet {href}"))
    })?;
    let mut missing: BTreeSet<&str> = places.iter().map(|place| place.page.as_str()).collect();
    missing.extend([PRINT, REVIEW]);
    for entry in fs::read_dir(site)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if !name.ends_with(".html") || name == TOC {
            continue;
        }
        let finish = || -> Result<()> {
            let page = filled(fs::read_to_string(&path)?, name, &places)?;
            let page = match name {
                REVIEW => repairs::once(
                    &page,
                    "the review has its questions",
                    extra::REVIEW_PLACE,
                    &extra::review_items(book),
                )?,
                _ => page,
            };
            let page = style.apply(&repairs::repaired(&page)?)?;
            Ok(fs::write(&path, policy::add(&page)?)?)
        };
        finish().with_context(|| format!("the page {name}"))?;
        missing.remove(name);
    }
    ensure!(missing.is_empty(), "these pages were not made; are they in SUMMARY.md? {missing:?}");
    Ok(())
}

/// A page with what belongs on it in its places.
fn filled(mut page: String, name: &str, places: &[Place]) -> Result<String> {
    for place in places.iter().filter(|place| name == PRINT || name == place.page) {
        page = repairs::once(&page, "what was recorded is shown", &place.empty, &place.full)?;
    }
    Ok(page)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_not_on_its_page_is_noticed() {
        let place =
            Place { page: "day.html".into(), empty: "<div></div>".into(), full: "<div>1</div>".into() };
        let fill = |page: &str, name: &str| filled(page.to_owned(), name, std::slice::from_ref(&place));
        assert_eq!(fill("a<div></div>b", "day.html").expect("filled"), "a<div>1</div>b");
        assert_eq!(fill("a<div></div>b", PRINT).expect("filled"), "a<div>1</div>b");
        assert_eq!(fill("another page", "other.html").expect("nothing to do"), "another page");
        for changed in ["a<div ></div>b", "<div></div><div></div>"] {
            let error = fill(changed, "day.html").expect_err(changed).to_string();
            assert!(error.contains("what was recorded") && error.contains("<div></div>"), "{error}");
        }
    }
}
