//! From the crate that the engine wrote to a compiled cell: what is done in any case, whether the kernel
//! compiles it or, with crates of the reader's, cargo does.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::generated::{CHANGED, Generated, PRELUDE, WRITTEN};
use crate::types::{self, Known};
use crate::variables::{Learned, Prepared, learn};

/// Types are wanted in full, as code that compiles anywhere in the crate. (With `RUSTC_BOOTSTRAP`.)
pub const FULL_TYPES: [&str; 2] = ["-Ztrim-diagnostic-paths=no", "-Zwrite-long-types-to-disk=no"];

/// What became of a crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<T> {
    /// What was made, unless it failed.
    pub made: Option<T>,
    /// What the compiler said: one JSON diagnostic a line.
    pub messages: String,
}

/// The crate that the engine wrote in `folder`.
///
/// # Errors
///
/// Fails when it is not there.
pub fn read(folder: &Path) -> Result<Generated> {
    Ok(Generated::new(&fs::read_to_string(folder.join(WRITTEN)).context(WRITTEN)?))
}

/// Builds a cell, and learns the types of its new variables.
///
/// # Errors
///
/// Fails when a file cannot be written, or as `compile` does. A cell that does not compile is no error.
pub fn build<T>(
    folder: &Path,
    source: &Generated,
    mut compile: impl FnMut(&str) -> Result<Outcome<T>>,
) -> Result<Outcome<T>> {
    let source = source.for_build();
    loop {
        let mut known = Known::load(folder);
        let prepared = Prepared::new(&source, &known);
        keep(folder, &prepared.text)?;
        let Outcome { made, mut messages } = compile(&prepared.text)?;
        if made.is_none() {
            return Ok(Outcome { made, messages });
        }
        let learned = learn(folder, &prepared, messages.lines(), &mut known)
            .context("the types of variables could not be kept")?;
        match learned {
            Learned::Stored => return Ok(Outcome { made, messages }),
            Learned::Coerced => {}
            Learned::Refused(message) => {
                messages += &message;
                messages.push('\n');
                return Ok(Outcome { made: None, messages });
            }
        }
    }
}

/// Checks a cell, and leaves what the compiler says about the type of a receiver in a file.
///
/// # Errors
///
/// As [`build`].
pub fn check<T>(
    folder: &Path,
    source: &Generated,
    compile: impl FnOnce(&str) -> Result<Outcome<T>>,
) -> Result<Outcome<T>> {
    let prepared = Prepared::new(source, &Known::load(folder));
    keep(folder, &prepared.text)?;
    let Outcome { made, messages } = compile(&prepared.text)?;
    let (types, others): (Vec<&str>, Vec<&str>) =
        messages.lines().partition(|line| types::receiver(line).is_some());
    fs::write(folder.join(types::RECEIVERS), types.join("\n")).context(types::RECEIVERS)?;
    Ok(Outcome { made, messages: others.join("\n") })
}

/// Keeps the text that is compiled, also for the place of a panic.
fn keep(folder: &Path, text: &str) -> Result<()> {
    let path = folder.join(CHANGED);
    let parent = path.parent().context("a file is in a folder")?;
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(&path, format!("{text}{PRELUDE}")))
        .with_context(|| path.display().to_string())
}
