//! The types of new variables, read from the compiler's messages about a bound that nothing meets (the
//! front writes them to `types.jsonl`; see `bin/toolchain_front.rs`).

use std::collections::HashMap;

use serde_json::Value;

/// What the compiler says about one variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Inferred {
    /// A type that can be written down.
    Named(String),
    /// A closure: its type has no name.
    Closure,
    /// Some `impl Trait`, the future of an async block, or an adapter around a closure.
    Opaque(String),
}

impl Inferred {
    /// What to do about a variable whose type has no name.
    pub(crate) fn advice(&self, name: &str) -> String {
        match self {
            Self::Named(ty) => format!("`{name}` has type {ty}"),
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

/// The type of each variable named in `messages`, one JSON diagnostic a line.
pub(crate) fn read(messages: &str) -> HashMap<String, Inferred> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["code"]["code"] == "E0277")
        .filter_map(|message| {
            let span = message["spans"].as_array()?.iter().find(|span| span["is_primary"] == true)?;
            let line = span["text"][0]["text"].as_str()?;
            let name = line.trim().strip_prefix("evcxr_variable_store(")?.strip_suffix(");")?;
            let text = message["message"].as_str()?;
            let bound = text.split_once('`')?.1;
            let ty = bound.split(": Sd35Type`").next()?;
            Some((name.to_owned(), classify(ty)))
        })
        .collect()
}

/// The type of the receiver that `lessons::cell::type_of` was called with, at the last such place.
pub(crate) fn receiver(messages: &str) -> Option<String> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["code"]["code"] == "E0277")
        .filter_map(|message| {
            let bound = message["message"].as_str()?.split_once('`')?.1.to_owned();
            Some(bound.split_once(": lessons::cell::Sd35Type`")?.0.to_owned())
        })
        .last()
}

fn classify(ty: &str) -> Inferred {
    if ty.starts_with("{closure@") {
        return Inferred::Closure;
    }
    if ["{closure@", "{async", "{coroutine"].iter().any(|part| ty.contains(part)) {
        return Inferred::Opaque(without_places(ty));
    }
    let named = without_function_names(&ty.replace("{integer}", "i32").replace("{float}", "f64"));
    if named.contains("impl ") { Inferred::Opaque(named) } else { Inferred::Named(named) }
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
    fn types_without_a_name_are_recognized() {
        assert_eq!(
            classify("std::option::Option<{float}>"),
            Inferred::Named("std::option::Option<f64>".into())
        );
        assert_eq!(classify("[{integer}; 3]"), Inferred::Named("[i32; 3]".into()));
        assert_eq!(classify("{closure@src/lib.rs:3:9: 3:12}"), Inferred::Closure);
        assert_eq!(classify("fn(u8) -> u8 {double}"), Inferred::Named("fn(u8) -> u8".into()));
        assert_eq!(
            classify("fn(i32) -> i32 {core::num::<impl i32>::abs}"),
            Inferred::Named("fn(i32) -> i32".into())
        );
        let mapped = "Map<Range<{integer}>, {closure@probe/lib.rs:18:21: 18:24}>";
        assert_eq!(classify(mapped), Inferred::Opaque("Map<Range<{integer}>, {closure}>".into()));
        for opaque in ["impl Iterator<Item = u8>", "Map<Range<i32>, {closure@cell:1:1: 1:4}>"] {
            assert!(matches!(classify(opaque), Inferred::Opaque(_)), "{opaque}");
        }
    }
}
