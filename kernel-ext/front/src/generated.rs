//! The crate that the engine generated for a cell, cut into what the engine wrote and what the reader did.
//!
//! The engine writes a function around the reader's statements. It knows of no variables (see `plan`), so this
//! is all that it writes; here the function gives way to one of our own (`assembled.rs`). A
//! reader may write whatever the engine writes.

use crate::code::top_lines;

/// Macros of the standard library give way to imported ones only when those are imported by name.
pub const PRELUDE: &str = "
#[allow(unused_imports)] use ::lessons::prelude::*;
#[allow(unused_imports)] use ::lessons::cell::{ShowDebug as _, dbg, eprint, eprintln};
";

/// Where the engine writes the crate, in its folder.
pub(crate) const WRITTEN: &str = "src/lib.rs";
/// Where the changed crate is kept, in the same folder; errors then name a file that the engine takes for its
/// own.
pub const CHANGED: &str = "build/lib.rs";

/// How the function starts that the engine calls; the number of the cell follows.
const ENTRY: &str = "pub extern \"C\" fn run_user_code_";
/// The line before it.
const EXPORTED: &str = "#[unsafe(no_mangle)]";
/// How the guard against panics starts and ends.
const GUARD: &str = "if std::panic::catch_unwind(||{";
const GUARD_END: [&str; 3] = ["}).is_err() {", "    println!(\"EVCXR_PANIC_NOTIFICATION\");", "}"];
/// How the function ends.
const END: [&str; 2] = ["evcxr_variable_store", "}"];

/// The engine's crate, by who wrote what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// The reader's imports, functions and types, of this cell and of earlier ones.
    pub(crate) items: String,
    /// The name of the engine's function; empty when there is none, as in a crate that is only checked.
    pub(crate) entry: String,
    /// On how many lines the engine's function starts.
    pub(crate) head: usize,
    /// The reader's statements.
    pub(crate) body: String,
    /// A panic is caught: the engine's usual way, and the one whose errors it wants to understand.
    pub(crate) guarded: bool,
}

impl Generated {
    /// Cuts what the engine wrote. Without its function all of it is taken for the reader's.
    pub(crate) fn new(text: &str) -> Self {
        let Some((start, entry)) = start(text) else {
            return Self { items: text.to_owned(), ..Self::default() };
        };
        let name = text[entry + ENTRY.len()..].split('(').next().unwrap_or_default();
        let mut generated = Self {
            items: text[..start].to_owned(),
            entry: format!("run_user_code_{name}"),
            ..Self::default()
        };
        let lines: Vec<&str> = text[start..].split_inclusive('\n').collect();
        let bare: Vec<&str> = lines.iter().map(|line| line.trim_end_matches('\n')).collect();
        // After the attribute and the name comes a line with the parameter.
        let (mut from, mut to) = (3.min(lines.len()), lines.len());
        if bare.ends_with(&END) {
            to -= END.len();
            if bare.get(from) == Some(&GUARD) && bare[..to].ends_with(&GUARD_END) {
                generated.guarded = true;
                (from, to) = (from + 1, to - GUARD_END.len());
            }
        } else {
            // No statements: the function ends where it starts.
            from = to;
        }
        generated.head = from;
        generated.body = lines.get(from..to).unwrap_or_default().concat();
        generated
    }

    /// Whether a panic is caught.
    pub fn is_guarded(&self) -> bool {
        self.guarded
    }
}

/// Where the engine's part starts, and its function.
fn start(text: &str) -> Option<(usize, usize)> {
    let lines = top_lines(text).into_iter().map(|at| (at, text[at..].lines().next().unwrap_or_default()));
    let mut lines: Vec<_> = lines.filter(|(_, line)| !line.trim().is_empty()).collect();
    let entry = lines.iter().rposition(|(_, line)| line.starts_with(ENTRY))?;
    let entry = lines.drain(entry..).next()?.0;
    Some((lines.pop().filter(|(_, line)| *line == EXPORTED)?.0, entry))
}

#[cfg(test)]
pub(crate) mod tests;
