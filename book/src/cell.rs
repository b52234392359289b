//! A piece of code that runs: the noun that chapters, exercises, pages, notebooks and recordings share.

use sha2::{Digest as _, Sha256};

/// A piece of code that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Unique in the book, for example `d03-balls-into-bins`.
    pub id: String,
    /// The code.
    pub source: String,
    /// What is special about it.
    pub role: Role,
    /// Where it starts in the chapter, from 1.
    pub line: usize,
}

/// What a cell is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Role {
    /// Prepares what follows: folded on the page, run all the same.
    pub setup: bool,
    /// Breaks on purpose: it must not compile, or must panic.
    pub fails: bool,
    /// Shows times of this machine: only the kinds of its outputs are compared.
    pub timed: bool,
}

/// The first 16 hexadecimal digits of the SHA-256 of a cell's source.
pub fn hash(source: &str) -> String {
    Sha256::digest(source).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
