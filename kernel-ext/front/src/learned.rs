//! What the compiler says of a cell's variables: their types, when the cell compiles, and why one cannot be
//! kept, when it does not.
//!
//! Variables are stored by type, and later cells write that type out. Only the compiler knows it, and it tells
//! in the same run: a lint warns of `drop(&v)` with the words "argument has type `&T`".

use serde_json::Value;

use crate::assembled::{Assembled, Place, Variables};
use crate::generated::CHANGED;
use crate::plan::Why;
use crate::types::diagnostic;

/// What the compiler says about one variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Inferred {
    /// A type that can be written down.
    Named(String),
    /// A function, whose own type has no name; a pointer to it has this one.
    Pointer(String),
    /// There is no name for it.
    Unnamed(Why),
}

/// The types of the variables that are kept, by name.
pub(crate) fn types(messages: &str, built: &Assembled) -> Vec<(String, Inferred)> {
    messages.lines().filter_map(|line| stored(line, built)).collect()
}

/// The variable and type that a message of the lint is about, when it is one that was asked for.
fn stored(line: &str, built: &Assembled) -> Option<(String, Inferred)> {
    // Most messages are others; parsing them all would take longer.
    if !line.contains("dropping_references") {
        return None;
    }
    let message = diagnostic(line)?;
    let spans = message["spans"].as_array()?;
    let name = spans.iter().find_map(|span| match place(span, built)? {
        Place::Kept(name) => Some(name.clone()),
        _ => None,
    })?;
    let label = spans.iter().find_map(|span| span["label"].as_str()?.strip_prefix("argument has type `&"))?;
    Some((name, classify(label.strip_suffix('`')?)))
}

/// Divides the messages of a cell that did not compile into the reader's, as they are, and those that say of
/// a variable that it cannot be kept; these change `variables`, if they can.
pub(crate) fn errors(messages: &str, built: &Assembled, variables: &mut Variables) -> (String, bool) {
    let (mut readers, mut changed, mut borrow) = (String::new(), false, Vec::new());
    for line in messages.lines() {
        match error(line).and_then(|message| about(&message, built)) {
            Some((place, Why::Borrows)) => borrow.push(place),
            Some((place, why)) => changed |= variables.change(&place, why),
            None => {
                readers += line;
                readers.push('\n');
            }
        }
    }
    // Often it is only the attempt to keep what was moved that makes a borrow last: without it they are tried again.
    if !changed {
        for place in borrow {
            changed |= variables.change(&place, Why::Borrows);
        }
    }
    (readers, changed)
}

/// Whether there is an error among these messages.
pub(crate) fn any_error(messages: &str) -> bool {
    messages.lines().any(|line| error(line).is_some())
}

fn error(line: &str) -> Option<Value> {
    if !line.contains("\"level\":\"error\"") {
        return None;
    }
    let message = diagnostic(line)?;
    let last = message["message"].as_str().is_some_and(|text| text.starts_with("aborting due to "));
    (message["level"] == "error" && !last).then_some(message)
}

/// The place in the cell's function that an error has to do with, and what it says of the variable there.
fn about(message: &Value, built: &Assembled) -> Option<(Place, Why)> {
    let spans = || message["spans"].as_array().into_iter().flatten();
    let children = message["children"].as_array().into_iter().flatten();
    let of_children = children.flat_map(|child| child["spans"].as_array().into_iter().flatten());
    let touched: Vec<(bool, &Place)> = spans()
        .chain(of_children)
        .filter_map(|span| Some((span["is_primary"] == true, place(span, built)?)))
        .collect();
    let code = message["code"]["code"].as_str().unwrap_or_default();
    // Errors in names are about what is taken; to others, that is only where a variable comes from.
    let of_names = ["E0412", "E0425", "E0433", "E0603"].contains(&code);
    let touched = touched
        .iter()
        .filter(|(_, place)| of_names || !matches!(place, Place::Taken(_) | Place::Declared(_)));
    // Where something is moved while it is borrowed, the borrower is the one that cannot be kept.
    let first = code != "E0505";
    let chosen = touched.clone().find(|(primary, _)| *primary == first).or_else(|| touched.clone().next())?.1;
    let why = match code {
        "E0382" => {
            let line = |label: &str| {
                let at = |span: &&Value| span["label"].as_str().is_some_and(|text| text.starts_with(label));
                Some(spans().find(at)?["text"][0]["text"].as_str()?.trim().to_owned())
            };
            Why::Moved(line("variable moved due to use").or_else(|| line("value moved")).unwrap_or_default())
        }
        "E0381" | "E0425" => Why::Unassigned,
        _ => Why::Borrows,
    };
    Some((chosen.clone(), why))
}

fn place<'a>(span: &Value, built: &'a Assembled) -> Option<&'a Place> {
    let file = span["file_name"].as_str()?;
    let number = |key: &str| usize::try_from(span[key].as_u64()?).ok();
    if !file.ends_with(CHANGED) {
        return None;
    }
    built.at(number("line_start")?, number("column_start")?)
}

impl Variables {
    /// Does without what did not compile; false when there is nothing to do without.
    fn change(&mut self, place: &Place, why: Why) -> bool {
        match place {
            Place::Taken(name) => {
                let Some(at) = self.taken.iter().position(|variable| variable.name == *name) else {
                    return false;
                };
                let ty = self.taken.remove(at).ty;
                self.gone.push((name.clone(), Why::Private(ty)));
            }
            Place::Back(name) => {
                if self.gone.iter().any(|(gone, _)| gone == name) {
                    return false;
                }
                self.gone.push((name.clone(), why));
            }
            Place::Declared(name) => {
                self.declared.retain(|declared| declared.name != *name);
                self.kept.retain(|(kept, _)| kept != name);
            }
            Place::Kept(name) => return self.unkeep(name, why),
            Place::Dropped(name) => {
                self.dropped.retain(|dropped| dropped != name);
                // What is used up in its own cell goes without saying.
                if let Some((_, known)) = self.unkept.iter_mut().find(|(unkept, _)| unkept == name) {
                    *known = why;
                }
            }
        }
        true
    }

    /// Uses a variable in its own cell only; false when it already does.
    pub(crate) fn unkeep(&mut self, name: &str, why: Why) -> bool {
        let before = self.kept.len();
        self.kept.retain(|(kept, _)| kept != name);
        if self.kept.len() == before {
            return false;
        }
        if !matches!(why, Why::Moved(_) | Why::Unassigned) {
            self.dropped.push(name.to_owned());
        }
        self.unkept.push((name.to_owned(), why));
        true
    }
}

fn classify(ty: &str) -> Inferred {
    if ty.starts_with("{closure@") {
        return Inferred::Unnamed(Why::Closure);
    }
    if ["{closure@", "{async", "{coroutine"].iter().any(|part| ty.contains(part)) {
        return Inferred::Unnamed(Why::Unnamed(without_places(ty)));
    }
    let inferred = ty.replace("{integer}", "i32").replace("{float}", "f64");
    let named = without_function_names(&inferred);
    if named.contains("impl ") {
        Inferred::Unnamed(Why::Unnamed(named))
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
    use crate::generated::Generated;
    use crate::generated::tests::written;
    use crate::plan::{Binding, Plan, Variable};

    /// A cell that takes `a`, and binds `b` and `c`.
    fn cell() -> (Assembled, Variables) {
        let bound = |name: &str| Binding { name: name.to_owned(), mutable: false, unnamed: false };
        let a = Variable { name: "a".to_owned(), ty: "u8".to_owned(), mutable: false };
        let plan = Plan { taken: vec![a], bound: vec![bound("b"), bound("c")], ..Plan::default() };
        let variables = Variables::new(&plan);
        (Assembled::new(&Generated::new(&written("", "f();", true)), &plan, &variables), variables)
    }

    /// A span at the first place where `code` stands.
    fn span(built: &Assembled, code: &str, primary: bool, label: &str) -> Value {
        let at = built.text.find(code).expect(code);
        let before = &built.text[..at];
        let text = built.text[before.rfind('\n').map_or(0, |n| n + 1)..].lines().next();
        serde_json::json!({
            "file_name": "/f/build/lib.rs", "is_primary": primary, "label": label, "text": [{ "text": text }],
            "line_start": before.matches('\n').count() + 1,
            "column_start": before[before.rfind('\n').map_or(0, |n| n + 1)..].chars().count() + 1,
        })
    }

    fn message(code: &str, spans: &[Value]) -> String {
        serde_json::json!({
            "level": "error", "code": { "code": code }, "message": "m", "spans": spans, "children": [],
        })
        .to_string()
    }

    #[test]
    fn a_type_is_learned_where_its_variable_is_kept() {
        let (built, _) = cell();
        let spans = [
            span(&built, "::std::mem::drop(&b)", true, ""),
            serde_json::json!({ "label": "argument has type `&std::vec::Vec<{integer}>`" }),
        ];
        let lint = message("dropping_references", &spans).replace("error", "warning");
        let wrapped = format!("{{\"reason\":\"compiler-message\",\"message\":{lint}}}");
        for lint in [lint, wrapped] {
            assert_eq!(types(&lint, &built), [("b".into(), Inferred::Named("std::vec::Vec<i32>".into()))]);
        }
    }

    #[test]
    fn an_error_about_a_variable_does_without_it_and_others_are_the_readers() {
        let (built, mut variables) = cell();
        let messages = [
            message(
                "E0382",
                &[
                    span(&built, "a); }", true, "value used here after move"),
                    span(&built, "f();", false, "value moved here"),
                ],
            ),
            message(
                "E0505",
                &[
                    span(&built, "b);\n", true, ""),
                    span(&built, "let a: u8", false, "binding declared here"),
                    span(&built, "c);\n", false, "later used"),
                ],
            ),
            message("E0597", &[span(&built, "f();", true, ""), span(&built, "c);\n", false, "borrowed")]),
            message("E0308", &[span(&built, "f();", true, "")]),
        ];
        let (readers, changed) = errors(&messages.join("\n"), &built, &mut variables);
        assert!(changed);
        assert_eq!(readers, format!("{}\n", messages[3]));
        assert_eq!(variables.gone, [("a".to_owned(), Why::Moved("f();".to_owned()))]);
        // Borrows only when nothing else is left to do without.
        assert!(variables.unkept.is_empty());
        let (_, changed) = errors(&messages[1..].join("\n"), &built, &mut variables);
        assert!(changed);
        assert_eq!(variables.unkept, [("c".to_owned(), Why::Borrows)]);
        assert_eq!(variables.kept, [("b".to_owned(), None)]);
        // Once, however often it is said.
        assert_eq!(variables.dropped, ["c"]);
        // The same once more is not understood.
        assert!(!errors(&messages[0], &built, &mut variables).1);
    }

    #[test]
    fn types_without_a_name_are_recognized() {
        assert_eq!(
            classify("std::option::Option<{float}>"),
            Inferred::Named("std::option::Option<f64>".into())
        );
        assert_eq!(classify("[{integer}; 3]"), Inferred::Named("[i32; 3]".into()));
        assert_eq!(classify("{closure@src/lib.rs:3:9: 3:12}"), Inferred::Unnamed(Why::Closure));
        assert_eq!(classify("fn(u8) -> u8 {double}"), Inferred::Pointer("fn(u8) -> u8".into()));
        assert_eq!(
            classify("fn(i32) -> i32 {core::num::<impl i32>::abs}"),
            Inferred::Pointer("fn(i32) -> i32".into())
        );
        let mapped = "Map<Range<{integer}>, {closure@probe/lib.rs:18:21: 18:24}>";
        assert_eq!(
            classify(mapped),
            Inferred::Unnamed(Why::Unnamed("Map<Range<{integer}>, {closure}>".into()))
        );
        for opaque in ["impl Iterator<Item = u8>", "Map<Range<i32>, {closure@cell:1:1: 1:4}>"] {
            assert!(matches!(classify(opaque), Inferred::Unnamed(Why::Unnamed(_))), "{opaque}");
        }
    }
}
