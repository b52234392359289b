//! Learns the types of a cell's new variables from the compiler; see `types`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::code::code;
use crate::generated::{Generated, PUT};
use crate::types::{ADVICE, Known, STAND_IN, diagnostic};

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
    pub(crate) fn new(generated: &Generated, known: &Known) -> Self {
        let written_out = Generated {
            head: known.written_out(&generated.head),
            tail: known.written_out(&generated.tail),
            ..generated.clone()
        };
        let Generated { mut items, head, body, tail } = written_out.without_unmentioned();
        if head.is_empty() {
            // What the engine writes to look at its variables has no entry point.
            items = known.written_out(&items);
        }
        let mut new = Vec::new();
        let tail: String = tail
            .split_inclusive('\n')
            .map(|line| {
                let Some(call) = line.strip_prefix(PUT).filter(|call| call.starts_with(STAND_IN)) else {
                    return line.to_owned();
                };
                let stored = call.split_once('>').and_then(|(stand_in, call)| {
                    Some((stand_in, call, call.split_once("stringify!(")?.1.split(')').next()?))
                });
                let Some((stand_in, call, name)) = stored else { return line.to_owned() };
                new.push((name.to_owned(), stand_in.to_owned()));
                format!("::std::mem::drop(&{name}); {PUT}_>{call}")
            })
            .collect();
        Self { text: items + &head + &annotated(&body, known) + &tail, new }
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
                fs::write(folder.join(ADVICE), &advice)?;
                let message = serde_json::json!({
                    "message": advice, "level": "error", "code": null, "spans": [], "children": [], "rendered": advice,
                });
                return Ok(Learned::Refused(message.to_string()));
            }
        }
    }
    if !learned.is_empty() {
        known.save(folder)?;
    }
    let coerced = learned.iter().any(|(_, _, ty)| matches!(ty, Inferred::Pointer(_)));
    Ok(if coerced { Learned::Coerced } else { Learned::Stored })
}

/// The variable and type that a message of the lint is about, when it is one that was asked for.
fn stored(line: &str) -> Option<(String, Inferred)> {
    // Most messages are others; parsing them all would take longer.
    if !line.contains("dropping_references") {
        return None;
    }
    let message = diagnostic(line)?;
    let spans = message["spans"].as_array()?;
    let source =
        spans.iter().find_map(|span| span["text"][0]["text"].as_str().filter(|text| text.contains(PUT)))?;
    let name = source.strip_prefix("::std::mem::drop(&")?.split(')').next()?;
    let label = spans.iter().find_map(|span| span["label"].as_str()?.strip_prefix("argument has type `&"))?;
    Some((name.to_owned(), classify(label.strip_suffix('`')?)))
}

/// The reader's statements with the types that are known; `let v: Sd35T3 = 1;` with spaces for a stand-in that
/// is not, so that no column moves. What looks like one in a string or a comment is the reader's.
fn annotated(body: &str, known: &Known) -> String {
    let annotation = format!(": {STAND_IN}");
    let mut text = String::with_capacity(body.len());
    let mut done = 0;
    for range in code(body) {
        text += &body[done..range.start];
        done = range.end;
        let mut part = known.written_out(&body[range]);
        while let Some(at) = part.find(&annotation) {
            let number = at + annotation.len();
            let end = number + part[number..].bytes().take_while(u8::is_ascii_digit).count();
            part.replace_range(at..end, &" ".repeat(end - at));
        }
        text += &part;
    }
    text + &body[done..]
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

    fn cell(body: &str, name: &str) -> Generated {
        let tail = format!("{PUT}Sd35T1>(stringify!({name}), {name});\n");
        Generated { items: String::new(), head: String::new(), body: body.to_owned(), tail }
    }

    #[test]
    fn a_stand_in_is_left_out_once_and_then_written_out() {
        let prepared =
            Prepared::new(&cell("let mut v: Sd35T1 = f(); let w: Sd35T12 = v;\n", "v"), &Known::default());
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
        let later = Prepared::new(&cell("v.len();\n", "v"), &known);
        assert_eq!(
            later.text,
            "v.len();\nevcxr_variable_store.put_variable::<Vec<i32>>(stringify!(v), v);\n"
        );
        // In a string or a comment it is the reader's.
        let same = "println!(\"v: Sd35T1\"); // v: Sd35T1\n";
        for known in [&known, &Known::default()] {
            assert!(Prepared::new(&cell(same, "v"), known).text.starts_with(same));
        }
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
