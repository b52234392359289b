//! The site and the notebooks, for commands that need them to be there.

use anyhow::Result;
use book::Book;

use crate::paths;

/// Writes both, as far as they are not there yet.
pub(super) fn write() -> Result<()> {
    let book = load()?;
    if !book::page::is_current(&book, &paths::site()) {
        book::page::build(&book, &paths::site())?;
    }
    book.write_notebooks(&paths::notebooks())?;
    Ok(())
}

pub(super) fn load() -> Result<Book> {
    Book::load(&paths::root().join("book"))
}
