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
    let (days, written) = write()?;
    println!("The book is in {}", paths::site().display());
    println!("{days} notebooks are in {}, {written} of them new", paths::notebooks().display());
    Ok(ExitCode::SUCCESS)
}

/// Writes both; returns how many notebooks there are, and how many were written anew.
pub(super) fn write() -> Result<(usize, usize)> {
    let book = Book::load(&paths::root().join("book"))?;
    book::page::build(&book, &paths::site())?;
    let written = book.write_notebooks(&paths::notebooks())?;
    Ok((book.days.len(), written.len()))
}
