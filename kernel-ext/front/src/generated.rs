//! The crate that the engine generated for a cell, and how it is changed before it is compiled.
//!
//! The engine's messages take the engine's own pipe instead of standard output, the entry point is wrapped in
//! `cell::begin` and `cell::end`, parts that are the same in every cell come from the library, and variables
//! that the cell does not mention stay where they are. All of this happens in lines that the engine wrote:
//! the crate is first cut into those and the reader's, and a reader may write whatever the engine writes.
//! No line of the reader's code is moved.

use std::collections::BTreeSet;
use std::fmt::Write as _;

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
/// The line after those that check whether variables of earlier cells are still what they were.
const CHECKED: &str = "if !vars_ok {return evcxr_variable_store;}}";
/// Tells the engine that a `?` ended the cell.
const FAILED: &str = "println!(\"{}\", evcxr_internal_runtime::USER_ERROR_OCCURRED)";
/// Tells the engine that the cell panicked.
const PANICKED: &str = "println!(\"EVCXR_PANIC_NOTIFICATION\")";
/// How the function ends, and in it a guard against panics, of either kind.
const END: [&str; 2] = ["evcxr_variable_store", "}"];
const GUARD: [&str; 5] =
    ["})) { ", "  Ok(_) => {}", "  Err(_) => {", "    println!(\"EVCXR_PANIC_NOTIFICATION\");", "}}"];
const SMALL_GUARD: [&str; 3] = ["}).is_err() {", "    println!(\"EVCXR_PANIC_NOTIFICATION\");", "}"];
/// How the closure ends around a cell that may use `?`.
const CLOSURE: [&str; 1] = ["Ok(())})();"];

/// The engine's crate, by who wrote what. The four parts in order are the whole text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// The reader's imports, functions and types, of this cell and of earlier ones.
    pub(crate) items: String,
    /// The engine's error type and store, the start of its function, and variables of earlier cells taken out
    /// of the store.
    pub(crate) head: String,
    /// The reader's statements.
    pub(crate) body: String,
    /// The engine's: variables back into the store, and the end of the function.
    pub(crate) tail: String,
}

impl Generated {
    /// Cuts what the engine wrote, and has the library's parts take the place of its own.
    pub(crate) fn new(text: &str) -> Self {
        let mut generated = Self::cut(text);
        generated.head = with_library_parts(&generated.head);
        generated
    }

    /// Without an entry point, which no crate of the engine lacks, all of it is taken for the reader's.
    fn cut(text: &str) -> Self {
        let Some((head, entry)) = head(text) else {
            return Self {
                items: text.to_owned(),
                head: String::new(),
                body: String::new(),
                tail: String::new(),
            };
        };
        let body = body(text, entry);
        let tail = tail(&text[body..]) + body;
        Self {
            items: text[..head].to_owned(),
            head: text[head..body].to_owned(),
            body: text[body..tail].to_owned(),
            tail: text[tail..].to_owned(),
        }
    }

    /// Changed for a build; without the prelude.
    pub(crate) fn for_build(&self) -> Self {
        let mut changed = self.clone();
        if let Some(digits) = self.head.find(ENTRY).map(|at| at + ENTRY.len()) {
            let number = self.head[digits..].split('(').next().unwrap_or_default();
            changed.head.insert_str(digits + number.len(), "_inner");
            let _ = write!(
                changed.tail,
                "\n{EXPORTED} {ENTRY}{number}(store: *mut ::std::ffi::c_void) -> *mut ::std::ffi::c_void {{\n\
                 ::lessons::cell::begin();\n\
                 let store = run_user_code_{number}_inner(store.cast());\n\
                 ::lessons::cell::end();\n\
                 store.cast()\n}}"
            );
        }
        for (part, said, instead) in [
            (
                &mut changed.head,
                FAILED,
                "::lessons::cell::engine(evcxr_internal_runtime::USER_ERROR_OCCURRED)",
            ),
            (&mut changed.tail, PANICKED, "::lessons::cell::engine(\"EVCXR_PANIC_NOTIFICATION\")"),
        ] {
            *part = part.replace(said, instead);
        }
        changed
    }

    /// Leaves variables in the store that the cell does not mention: taking them out and putting them back
    /// would be compiled with each cell. Their types are still checked when a cell could have changed them.
    pub(crate) fn without_unmentioned(&self) -> Self {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let mentioned: BTreeSet<&str> =
            [&self.items, &self.body].into_iter().flat_map(|text| text.split(|c| !word(c))).collect();
        let needed = |known: &Handled<'_>| {
            mentioned.contains(known.name.trim_start_matches("r#")) || known.checks && may_change(known.ty)
        };
        let needed_lines = |text: &str| -> String {
            text.split_inclusive('\n')
                .map(|line| match Handled::parse(line) {
                    // The line stays, empty, so that no other moves.
                    Some(known) if !needed(&known) => &line[line.trim_end_matches('\n').len()..],
                    _ => line,
                })
                .collect()
        };
        Self { head: needed_lines(&self.head), tail: needed_lines(&self.tail), ..self.clone() }
    }

    /// Whether a panic is caught: the engine's usual way, and the one whose errors it wants to understand.
    pub fn is_guarded(&self) -> bool {
        self.tail.contains(PANICKED)
    }
}

/// Where the engine's part starts, and its function.
fn head(text: &str) -> Option<(usize, usize)> {
    let lines = top_lines(text).into_iter().map(|at| (at, text[at..].lines().next().unwrap_or_default()));
    let mut lines: Vec<_> = lines.filter(|(_, line)| !line.trim().is_empty()).collect();
    let entry = lines.iter().rposition(|(_, line)| line.starts_with(ENTRY))?;
    let entry = lines.drain(entry..).next()?.0;
    let mut head = lines.pop().filter(|(_, line)| *line == EXPORTED)?.0;
    if let [before @ .., (store, "mod evcxr_internal_runtime {")] = lines.as_slice() {
        head = *store;
        if let [.., (error, first), (_, second)] = before
            && first.trim() == "struct EvcxrUserCodeError {}"
            && second.trim().starts_with("impl<T: ")
            && second.ends_with("> From<T> for EvcxrUserCodeError {")
        {
            head = *error;
        }
    }
    Some((head, entry))
}

/// Where the reader's statements start, which may be in the engine's guard.
fn body(text: &str, entry: usize) -> usize {
    let mut lines = text[entry..].split_inclusive('\n');
    let mut at = entry;
    let mut take = || {
        let line = lines.next().unwrap_or_default();
        at += line.len();
        line.trim_end_matches('\n')
    };
    take();
    if !take().starts_with("mut evcxr_variable_store") {
        // It uses no variables, or there are no statements.
        return at;
    }
    let mut checks = 0;
    loop {
        match take() {
            CHECKED | "" => break,
            line => checks += usize::from(Handled::parse(line).is_some()),
        }
    }
    // As many are taken out of the store.
    (0..checks).for_each(|_| _ = take());
    at
}

/// Where the engine's part after the statements starts. Read from its end: what the reader wrote may look
/// the same.
fn tail(text: &str) -> usize {
    let all: Vec<&str> = text.split('\n').collect();
    let mut lines = all.strip_suffix(&[""]).unwrap_or(&all);
    fn without<'a>(lines: &mut &[&'a str], end: &[&'a str]) -> bool {
        let rest = lines.strip_suffix(end);
        *lines = rest.unwrap_or(lines);
        rest.is_some()
    }
    let without_stored = |lines: &mut &[&str]| {
        while let [rest @ .., last] = *lines
            && last.starts_with(PUT)
        {
            *lines = rest;
        }
    };
    if !without(&mut lines, &END) {
        return text.len();
    }
    without_stored(&mut lines);
    let _ = without(&mut lines, &GUARD) || without(&mut lines, &SMALL_GUARD);
    without(&mut lines, &CLOSURE);
    without_stored(&mut lines);
    lines.iter().map(|line| line.len() + 1).sum()
}

/// The library's store of variables and error type in place of those that the engine writes into every
/// cell, on as many lines: compiled once, they need not be compiled with each cell.
fn with_library_parts(text: &str) -> String {
    let text = replaced(
        text,
        "mod evcxr_internal_runtime {",
        "pub fn create_variable_store()",
        "\n}\n}",
        "mod evcxr_internal_runtime { pub use ::lessons::cell::store::*; }",
    );
    replaced(
        &text,
        "struct EvcxrUserCodeError {}",
        "impl<T: std::fmt::Display> From<T> for EvcxrUserCodeError",
        "\n            }\n",
        "use ::lessons::cell::EvcxrUserCodeError;",
    )
}

/// Replaces what goes from `start` over `middle` to `end`, if it is there, keeping the number of lines.
fn replaced(text: &str, start: &str, middle: &str, end: &str, with: &str) -> String {
    let range = || {
        let from = text.find(start)?;
        let middle = from + text[from..].find(middle)?;
        let to = middle + text[middle..].find(end)? + end.len();
        Some(from..to)
    };
    let Some(range) = range() else { return text.to_owned() };
    let lines = "\n".repeat(text[range.clone()].matches('\n').count());
    format!("{}{with}{lines}{}", &text[..range.start], &text[range.end..])
}

/// What the engine writes before each variable that it checks, and that it stores.
const CHECK: &str = "vars_ok &= evcxr_variable_store.check_variable::<";
pub(crate) const PUT: &str = "evcxr_variable_store.put_variable::<";

/// A line of the engine about a variable that earlier cells left: is it still what it was, out of the store,
/// back into the store.
struct Handled<'a> {
    name: &'a str,
    ty: &'a str,
    checks: bool,
}

impl<'a> Handled<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (rest, checks) = if let Some(rest) = line.strip_prefix(CHECK) {
            (rest, true)
        } else if let Some(rest) = line.strip_prefix(PUT) {
            (rest, false)
        } else {
            let taken = line.strip_prefix("let ")?.split_once(" = evcxr_variable_store.take_variable::<")?;
            (taken.1, false)
        };
        let (ty, call) = rest.split_once(">(stringify!(")?;
        Some(Self { name: call.split_once(')')?.0, ty, checks })
    }
}

/// Whether a type involves one that a cell defined, and could define anew.
fn may_change(ty: &str) -> bool {
    const FIXED: [&str; 31] = [
        "alloc", "as", "bool", "char", "const", "core", "dyn", "extern", "f32", "f64", "fn", "i8", "i16",
        "i32", "i64", "i128", "isize", "lessons", "mut", "static", "std", "str", "tokio", "u8", "u16", "u32",
        "u64", "u128", "unsafe", "usize", "C",
    ];
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = ty;
    while let Some(start) = rest.find(word) {
        let length = rest[start..].find(|c| !word(c)).unwrap_or(rest.len() - start);
        let name = &rest[start..start + length];
        let begins_a_path = !rest[..start].ends_with("::");
        let other = name.starts_with(|c: char| c.is_ascii_digit()) || rest[..start].ends_with('\'');
        if begins_a_path && !other && !FIXED.contains(&name) {
            return true;
        }
        rest = &rest[start + length..];
    }
    false
}

#[cfg(test)]
mod tests;
