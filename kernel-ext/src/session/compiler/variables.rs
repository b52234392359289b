//! Learns the types of a cell's new variables from the compiler; see `types`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

use super::generated::without_unmentioned;
use super::types::{FILE, Known, STAND_IN};

/// What the engine writes to store a variable.
const STORE: &str = "evcxr_variable_store.put_variable::<";

/// What the compiler says about one variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Inferred {
    /// A type that can be written down.
    Named(String),
    /// A function, whose own type has no name; a pointer to it has this one.
    Pointer(String),
    /// A closure: its type has no name.
    Closure,
    /// Some `impl Trait`, the future of an async block, or an adapter around a closure.
    Opaque(String),
}

impl Inferred {
    /// What to do about a variable whose type has no name.
    pub(crate) fn advice(&self, name: &str) -> String {
        match self {
            Self::Named(ty) | Self::Pointer(ty) => format!("`{name}` has type {ty}"),
            Self::Closure => format!(
                "`{name}` is a closure, which has no type that a later cell could name. Box it: \
                 `let {name}: Box<dyn Fn(...) -> ...> = Box::new(...);`, write a function instead, or put \
                 the code in a block {{ }}."
            ),
            Self::Opaque(ty) => format!(
                "`{name}` has type `{ty}`, which a later cell could not name. Turn it into a value with a \
                 name (`.collect::<Vec<_>>()`, `.await`, `Box<dyn Trait>`), or put the code in a block {{ }}."
            ),
        }
    }
}

/// Keeps what is known for the cells to come.
pub(crate) fn save(folder: &Path, known: &Known) -> io::Result<()> {
    let lines: String = known.types.iter().map(|(name, ty)| format!("{name} {ty}\n")).collect();
    fs::write(folder.join(FILE), lines)
}

/// A generated crate without stand-ins, and the variables whose types are still to be learned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prepared {
    pub(crate) text: String,
    /// Variable and stand-in.
    new: Vec<(String, String)>,
}

impl Prepared {
    /// Writes out what is known; what is not is left to inference, and asked for where it is stored.
    /// Nothing moves in the reader's own lines.
    pub(crate) fn new(text: &str, known: &Known) -> Self {
        let mut new = Vec::new();
        let text: String = without_unmentioned(&known.written_out(text))
            .split_inclusive('\n')
            .map(|line| {
                if let Some((before, after)) = line.split_once(STORE)
                    && after.starts_with(STAND_IN)
                    && let Some((stand_in, call)) = after.split_once('>')
                    && let Some(name) =
                        call.split_once("stringify!(").and_then(|(_, rest)| rest.split(')').next())
                {
                    new.push((name.to_owned(), stand_in.to_owned()));
                    return format!("{before}::std::mem::drop(&{name}); {STORE}_>{call}");
                }
                without_annotations(line)
            })
            .collect();
        Self { text, new }
    }

    /// The variables that are new in this crate, with what the compiler's messages, one JSON diagnostic a
    /// line, say of their types.
    pub(crate) fn learn<'a>(&self, messages: impl Iterator<Item = &'a str>) -> Vec<(&str, &str, Inferred)> {
        if self.new.is_empty() {
            return Vec::new();
        }
        let mut types: BTreeMap<String, Inferred> = messages.filter_map(stored).collect();
        let found = self.new.iter().map(|(name, stand_in)| (name, stand_in, types.remove(name)));
        found.filter_map(|(name, stand_in, ty)| Some((name.as_str(), stand_in.as_str(), ty?))).collect()
    }
}

/// The variable and type that a message of the lint is about, when it is one that was asked for.
fn stored(line: &str) -> Option<(String, Inferred)> {
    // Most messages are others; parsing them all would take longer.
    if !line.contains("dropping_references") {
        return None;
    }
    let message: Value = serde_json::from_str(line).ok()?;
    // Cargo wraps the compiler's messages.
    let message = if message["message"].is_object() { &message["message"] } else { &message };
    let spans = message["spans"].as_array()?;
    let source =
        spans.iter().find_map(|span| span["text"][0]["text"].as_str().filter(|text| text.contains(STORE)))?;
    let name = source.split_once("::std::mem::drop(&")?.1.split(')').next()?;
    let label = spans.iter().find_map(|span| span["label"].as_str()?.strip_prefix("argument has type `&"))?;
    Some((name.to_owned(), classify(label.strip_suffix('`')?)))
}

/// `let v: Sd35T3 = 1;` with spaces for the stand-in, so that no column moves.
fn without_annotations(line: &str) -> String {
    let mut text = line.to_owned();
    let annotation = format!(": {STAND_IN}");
    while let Some(at) = text.find(&annotation) {
        let number = at + annotation.len();
        let end = number + text[number..].bytes().take_while(u8::is_ascii_digit).count();
        text.replace_range(at..end, &" ".repeat(end - at));
    }
    text
}

fn classify(ty: &str) -> Inferred {
    if ty.starts_with("{closure@") {
        return Inferred::Closure;
    }
    if ["{closure@", "{async", "{coroutine"].iter().any(|part| ty.contains(part)) {
        return Inferred::Opaque(without_places(ty));
    }
    let inferred = ty.replace("{integer}", "i32").replace("{float}", "f64");
    let named = without_function_names(&inferred);
    if named.contains("impl ") {
        Inferred::Opaque(named)
    } else if named == inferred {
        Inferred::Named(named)
    } else {
        Inferred::Pointer(named)
    }
}

/// `{closure@file:1:2: 1:5}` is `{closure}`: the place is in a file that the reader does not know.
fn without_places(ty: &str) -> String {
    let mut parts = ty.split('@');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.find('}').map_or(part, |end| &part[end..]))
}

/// `fn(u8) -> u8 {double}` is the type of one function; the pointer type has no name in braces.
fn without_function_names(ty: &str) -> String {
    let mut text = ty.to_owned();
    while let Some(start) = text.find(" {") {
        let Some(length) = text[start..].find('}') else { break };
        text.replace_range(start..=start + length, "");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_is_left_out_once_and_then_written_out() {
        let text = "let mut v: Sd35T1 = f(); let w: Sd35T12 = v;\n\
                    evcxr_variable_store.put_variable::<Sd35T1>(stringify!(v), v);\n";
        let prepared = Prepared::new(text, &Known::default());
        let expected = "let mut v         = f(); let w          = v;\n\
                        ::std::mem::drop(&v); evcxr_variable_store.put_variable::<_>(stringify!(v), v);\n";
        assert_eq!(prepared.text, expected);
        let message = serde_json::json!({ "code": { "code": "dropping_references" }, "spans": [
            { "label": null, "text": [{ "text": expected.lines().nth(1) }] },
            { "label": "argument has type `&std::vec::Vec<i32>`", "text": [] },
        ]});
        let wrapped = serde_json::json!({ "reason": "compiler-message", "message": message }).to_string();
        for line in [message.to_string(), wrapped] {
            let learned = prepared.learn([line.as_str()].into_iter());
            assert_eq!(learned, [("v", "Sd35T1", Inferred::Named("std::vec::Vec<i32>".into()))]);
        }
        let known = Known { types: [("Sd35T1".to_owned(), "Vec<i32>".to_owned())].into() };
        let text = "v.len();\nevcxr_variable_store.put_variable::<Sd35T1>(stringify!(v), v);";
        let later = Prepared::new(text, &known);
        assert_eq!(later.text, "v.len();\nevcxr_variable_store.put_variable::<Vec<i32>>(stringify!(v), v);");
    }

    #[test]
    fn types_without_a_name_are_recognized() {
        assert_eq!(
            classify("std::option::Option<{float}>"),
            Inferred::Named("std::option::Option<f64>".into())
        );
        assert_eq!(classify("[{integer}; 3]"), Inferred::Named("[i32; 3]".into()));
        assert_eq!(classify("{closure@src/lib.rs:3:9: 3:12}"), Inferred::Closure);
        assert_eq!(classify("fn(u8) -> u8 {double}"), Inferred::Pointer("fn(u8) -> u8".into()));
        assert_eq!(
            classify("fn(i32) -> i32 {core::num::<impl i32>::abs}"),
            Inferred::Pointer("fn(i32) -> i32".into())
        );
        let mapped = "Map<Range<{integer}>, {closure@probe/lib.rs:18:21: 18:24}>";
        assert_eq!(classify(mapped), Inferred::Opaque("Map<Range<{integer}>, {closure}>".into()));
        for opaque in ["impl Iterator<Item = u8>", "Map<Range<i32>, {closure@cell:1:1: 1:4}>"] {
            assert!(matches!(classify(opaque), Inferred::Opaque(_)), "{opaque}");
        }
    }
}
