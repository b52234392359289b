//! `sd35 build`: the site and the notebooks.

use std::process::ExitCode;

use anyhow::Result;
use book::Book;

use crate::paths;

/// Writes the site to `book/site` and the notebooks to `notebooks`.
///
/// # Errors
///
/// Names the file and line of the first mistake in a chapter, or the folder that cannot be written.
pub fn run() -> Result<ExitCode> {
    let book = Book::load(&paths::root().join("book"))?;
    book::page::build(&book, &paths::site())?;
    println!("The book is in {}", paths::site().display());
    let folder = paths::notebooks();
    let written = book.write_notebooks(&folder)?;
    println!("{} notebooks are in {}, {} of them new", book.days.len(), folder.display(), written.len());
    Ok(ExitCode::SUCCESS)
}
