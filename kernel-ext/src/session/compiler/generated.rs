//! The crate that the engine generated for a cell, and how it is changed before it is compiled.
//!
//! No line of the reader's code is moved. The engine's messages take the engine's own pipe instead of
//! standard output, the entry point is wrapped in `cell::begin` and `cell::end`, parts that are the same
//! in every cell come from the library, and variables that the cell does not mention stay where they are.
//! Types of new variables are learned on the way: see [`super::variables`].

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::types::{self, Known};
use super::variables::{self, Inferred, Prepared};

/// Macros of the standard library give way to imported ones only when those are imported by name.
pub(crate) const PRELUDE: &str = "
#[allow(unused_imports)] use ::lessons::prelude::*;
#[allow(unused_imports)] use ::lessons::cell::{ShowDebug as _, dbg, eprint, eprintln};
";

/// Types are wanted in full, as code that compiles anywhere in the crate. (With `RUSTC_BOOTSTRAP`.)
pub(crate) const FULL_TYPES: [&str; 2] = ["-Ztrim-diagnostic-paths=no", "-Zwrite-long-types-to-disk=no"];

/// Where the engine writes the crate, in its folder.
pub(crate) const WRITTEN: &str = "src/lib.rs";
/// Where the changed crate is kept, in the same folder; errors then name a file that the engine takes for its
/// own.
pub(crate) const CHANGED: &str = "build/lib.rs";

/// The engine's crate with the library's parts.
#[derive(Clone, Debug)]
pub(crate) struct Generated {
    text: String,
}

impl Generated {
    pub(crate) fn new(text: String) -> Self {
        Self { text: with_library_parts(text) }
    }

    /// For a build; without the prelude.
    pub(crate) fn to_build(&self) -> String {
        let mut text = self
            .text
            .replace(
                "println!(\"EVCXR_PANIC_NOTIFICATION\")",
                "::lessons::cell::engine(\"EVCXR_PANIC_NOTIFICATION\")",
            )
            .replace(
                "println!(\"{}\", evcxr_internal_runtime::USER_ERROR_OCCURRED)",
                "::lessons::cell::engine(evcxr_internal_runtime::USER_ERROR_OCCURRED)",
            )
            .replace("eprintln!(\"{}\", error)", "::lessons::cell::failed(&error)");
        const ENTRY: &str = "pub extern \"C\" fn run_user_code_";
        let entry = text.rfind(ENTRY).map(|at| {
            let digits = at + ENTRY.len();
            let end = text[digits..].find('(').map_or(digits, |n| digits + n);
            (end, text[digits..end].to_owned())
        });
        if let Some((end, number)) = entry {
            text.insert_str(end, "_inner");
            let _ = write!(
                text,
                "\n#[unsafe(no_mangle)] pub extern \"C\" fn run_user_code_{number}(store: *mut ::std::ffi::c_void) -> *mut ::std::ffi::c_void {{\n\
                 ::lessons::cell::begin();\n\
                 let store = run_user_code_{number}_inner(store.cast());\n\
                 ::lessons::cell::end();\n\
                 store.cast()\n}}"
            );
        }
        text
    }

    /// For a check: as it is; without the prelude.
    pub(crate) fn to_check(&self) -> String {
        self.text.clone()
    }

    /// Whether a panic is caught: the engine's usual way, and the one whose errors it wants to understand.
    pub(crate) fn is_guarded(&self) -> bool {
        self.text.contains("std::panic::catch_unwind(")
    }
}

/// The library's store of variables and error type in place of those that the engine writes into every
/// cell, on as many lines: compiled once, they need not be compiled with each cell.
fn with_library_parts(text: String) -> String {
    let text = replaced(
        text,
        "mod evcxr_internal_runtime {",
        "pub fn create_variable_store()",
        "\n}\n}",
        "mod evcxr_internal_runtime { pub use ::lessons::cell::store::*; }",
    );
    replaced(
        text,
        "struct EvcxrUserCodeError {}",
        "impl<T: std::fmt::Display> From<T> for EvcxrUserCodeError",
        "\n            }\n",
        "use ::lessons::cell::EvcxrUserCodeError;",
    )
}

/// Replaces what goes from `start` over `middle` to `end`, if it is there, keeping the number of lines.
fn replaced(text: String, start: &str, middle: &str, end: &str, with: &str) -> String {
    let range = || {
        let from = text.find(start)?;
        let middle = from + text[from..].find(middle)?;
        let to = middle + text[middle..].find(end)? + end.len();
        Some(from..to)
    };
    let Some(range) = range() else { return text };
    let lines = "\n".repeat(text[range.clone()].matches('\n').count());
    format!("{}{with}{lines}{}", &text[..range.start], &text[range.end..])
}

/// What the engine writes for each variable that earlier cells left: is it still what it was, out of the
/// store, back into the store.
fn handled(line: &str) -> Option<Handled<'_>> {
    let call = |rest: &'_ str| -> Option<(usize, usize)> {
        let ty = rest.find(">(stringify!(")?;
        Some((ty, ty + ">(stringify!(".len()))
    };
    let (rest, checks) =
        if let Some(rest) = line.strip_prefix("vars_ok &= evcxr_variable_store.check_variable::<") {
            (rest, true)
        } else if let Some(rest) = line.strip_prefix("evcxr_variable_store.put_variable::<") {
            (rest, false)
        } else {
            let (binding, rest) =
                line.strip_prefix("let ")?.split_once(" = evcxr_variable_store.take_variable::<")?;
            // The reader's own code has no such line.
            if binding.trim_start_matches("mut ").contains(char::is_whitespace) {
                return None;
            }
            (rest, false)
        };
    let (ty, name) = call(rest)?;
    let end = name + rest[name..].find(')')?;
    Some(Handled { name: &rest[name..end], ty: &rest[..ty], checks })
}

struct Handled<'a> {
    name: &'a str,
    ty: &'a str,
    checks: bool,
}

/// Leaves variables in the store that the cell does not mention: taking them out and putting them back
/// would be compiled with each cell. Their types are still checked when a cell could have changed them.
pub(crate) fn without_unmentioned(text: &str) -> String {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mentioned: BTreeSet<&str> = text
        .lines()
        .filter(|line| handled(line).is_none())
        .flat_map(|line| line.split(|c| !word(c)))
        .collect();
    let needed = |known: &Handled<'_>| {
        mentioned.contains(known.name.trim_start_matches("r#")) || known.checks && may_change(known.ty)
    };
    text.split_inclusive('\n')
        .map(|line| match handled(line) {
            // The line stays, empty, so that no other moves.
            Some(known) if !needed(&known) => &line[line.trim_end_matches('\n').len()..],
            _ => line,
        })
        .collect()
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

/// What became of the new variables of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Learned {
    /// Each is stored under a type that later cells can name.
    Stored,
    /// One is a function, to be stored as a pointer: the cell must be compiled with that type written out.
    Coerced,
    /// One has a type that no later cell could name: such a cell does not run. Holds a message for the
    /// engine, which wants one with every failure.
    Refused(String),
}

/// Remembers the types of new variables, in the folder of the generated crate.
pub(crate) fn learn<'a>(
    folder: &Path,
    prepared: &Prepared,
    messages: impl Iterator<Item = &'a str>,
    known: &mut Known,
) -> std::io::Result<Learned> {
    let learned = prepared.learn(messages);
    for (name, stand_in, ty) in &learned {
        match ty {
            Inferred::Named(ty) | Inferred::Pointer(ty) => {
                known.types.insert((*stand_in).to_owned(), ty.clone());
            }
            unnamed => {
                let advice = unnamed.advice(name);
                fs::write(folder.join(types::ADVICE), &advice)?;
                let message = serde_json::json!({
                    "message": advice, "level": "error", "code": null, "spans": [], "children": [], "rendered": advice,
                });
                return Ok(Learned::Refused(message.to_string()));
            }
        }
    }
    if !learned.is_empty() {
        variables::save(folder, known)?;
    }
    let coerced = learned.iter().any(|(_, _, ty)| matches!(ty, Inferred::Pointer(_)));
    Ok(if coerced { Learned::Coerced } else { Learned::Stored })
}

/// Whether a message of the compiler is one that a probe provoked.
pub(crate) fn about_types(line: &str) -> bool {
    line.contains("Sd35Type")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_cell_does_not_mention_stays_in_the_store() {
        let check = |name: &str, ty: &str| {
            format!("vars_ok &= evcxr_variable_store.check_variable::<{ty}>(stringify!({name}));\n")
        };
        let take = |name: &str, ty: &str| {
            format!("let mut {name} = evcxr_variable_store.take_variable::<{ty}>(stringify!({name}));\n")
        };
        let put = |name: &str, ty: &str| {
            format!("evcxr_variable_store.put_variable::<{ty}>(stringify!({name}), {name});\n")
        };
        let (used, idle, own) =
            (("a", "Vec<i32>"), ("b", "std::vec::Vec<i32>"), ("c", "std::vec::Vec<Point>"));
        let store = |variable: (&str, &str)| {
            (check(variable.0, variable.1), take(variable.0, variable.1), put(variable.0, variable.1))
        };
        let (used, idle, own) = (store(used), store(idle), store(own));
        let text = format!(
            "{}{}{}{}{}{}println!(\"{{a}}\");\n{}{}{}",
            used.0, idle.0, own.0, used.1, idle.1, own.1, used.2, idle.2, own.2
        );
        let expected = format!("{}\n{}{}\n\nprintln!(\"{{a}}\");\n{}\n\n", used.0, own.0, used.1, used.2);
        assert_eq!(without_unmentioned(&text), expected);
    }

    #[test]
    fn types_of_the_library_cannot_change() {
        for fixed in
            ["std::vec::Vec<(u8, &'static str)>", "lessons::prelude::Rng", "[f64; 3]", "fn(i32) -> u8"]
        {
            assert!(!may_change(fixed), "{fixed}");
        }
        for own in ["Point", "std::vec::Vec<Point>", "crate::Point", "(u8, own::Thing)"] {
            assert!(may_change(own), "{own}");
        }
    }
}
